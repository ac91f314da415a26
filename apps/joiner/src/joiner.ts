import type { Hubs } from '@boxoffice/hubs';
import { runPair } from './run-pair.ts';
import type { PairContext, RunningPair } from './run-pair.ts';

/** All pairs of partitions, at work. */
export interface Joiner {
  pairs(): readonly RunningPair[];
  /** Resolves once every pair has stopped and drained. @throws what the first to fail threw. */
  run(): Promise<void>;
}

/** @throws {Error} when the hubs differ in their partition counts: partition *n* of all must hold the same bookings. */
const partitionCount = async (hubs: Hubs, names: readonly string[]): Promise<number> => {
  const counts = await Promise.all(names.map((name) => hubs.partitionCount(name)));
  if (new Set(counts).size > 1) {
    const found = names.map((name, index) => `${name} has ${counts[index]}`).join(', ');
    throw new Error(`the hubs must have the same number of partitions, but ${found}; create them alike`);
  }
  return counts[0] ?? 0;
};

/** Prepares to join every pair of partitions of the configured hubs. */
export const createJoiner = (context: PairContext): Joiner => {
  const { config, hubs } = context;
  let pairs: readonly RunningPair[] = [];
  return {
    pairs: () => pairs,
    async run() {
      const aborted = new Promise<undefined>((resolve) => context.signal.addEventListener('abort', () => resolve(undefined)));
      // A broker that is away is waited for, and being asked to stop must not wait with it.
      const names = [config.bookingsHub, config.paymentsHub, config.joinedHub, config.quarantineHub];
      const count = await Promise.race([partitionCount(hubs, names), aborted]);
      if (count === undefined || context.signal.aborted) return;
      pairs = await Promise.all(Array.from({ length: count }, (_, partition) => runPair(context, partition)));
      await Promise.all(pairs.map(({ done }) => done));
    },
  };
};
