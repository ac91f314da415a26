import { setTimeout as wait } from 'node:timers/promises';
import { assignPartitions } from '@boxoffice/hubs';
import type { CheckpointStore } from '@boxoffice/hubs';
import { createOwned } from './owned.ts';
import type { Owned, OwnedPair } from './owned.ts';
import type { PairContext } from './run-pair.ts';

/** The pairs of partitions that this instance joins: all of them, or its share of them beside other instances. */
export interface Joiner {
  /** Those that it owns, and those that it has lately lost. */
  pairs(): readonly OwnedPair[];
  /** How many pairs there are; undefined until the hubs have been looked at. */
  partitions(): number | undefined;
  /** Whether it has looked who owns what. */
  settled(): boolean;
  /** Takes up at once what was changed of its pairs from outside; other instances do so within a lease. */
  look(): Promise<void>;
  /** Resolves once every pair has stopped and drained. @throws what the first to fail threw. */
  run(): Promise<void>;
}

/** What a joiner needs: what its pairs share, and where it finds out which are its own. */
export interface JoinerContext extends PairContext {
  readonly store: Pick<CheckpointStore, 'listOwnership' | 'claimOwnership'>;
  /** This instance, by a name that no other has; one that is started again under its name has its pairs back at once. */
  readonly instanceId: string;
  /** Asks for a drained stop. */
  readonly signal: AbortSignal;
}

/** @throws {Error} when the hubs differ in their partition counts: partition *n* of all must hold the same bookings. */
const partitionCount = async ({ hubs, config }: Pick<JoinerContext, 'hubs' | 'config'>): Promise<number> => {
  const names = [config.bookingsHub, config.paymentsHub, config.joinedHub, config.quarantineHub];
  const counts = await Promise.all(names.map((name) => hubs.partitionCount(name)));
  if (new Set(counts).size > 1) {
    const found = names.map((name, index) => `${name} has ${counts[index]}`).join(', ');
    throw new Error(`the hubs must have the same number of partitions, but ${found}; create them alike`);
  }
  return counts[0] ?? 0;
};

/** Prepares to join the pairs of partitions of the configured hubs that fall to this instance. */
export const createJoiner = (context: JoinerContext): Joiner => {
  const { config, hubs, store, instanceId, log, signal } = context;
  const owned: Owned = createOwned(context);
  let count: number | undefined;
  let settled = false;

  const assign = async (partitions: number, until: AbortSignal): Promise<void> => {
    const assignments = assignPartitions({
      store,
      namespace: hubs.namespace,
      hub: config.bookingsHub,
      group: config.consumerGroup,
      partitions,
      instanceId,
      leaseMs: config.leaseMs,
      log,
      signal: until,
    });
    for await (const mine of assignments) {
      if (signal.aborted) continue;
      await owned.keep(mine);
      settled = true;
    }
  };

  return {
    pairs: () => owned.pairs(),
    partitions: () => count,
    settled: () => settled,
    look: () => owned.look(),
    async run() {
      const aborted = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined)));
      // A broker that is away is waited for, and being asked to stop must not wait with it.
      count = await Promise.race([partitionCount(context), aborted]);
      if (count === undefined || signal.aborted) return;
      const release = new AbortController();
      const assigning = assign(count, release.signal);
      try {
        await Promise.race([aborted, owned.failed, assigning]);
      } finally {
        // What is taken has to be sent and remembered before somebody else begins.
        try {
          await owned.stop();
        } finally {
          release.abort();
          // A store that does not answer must not keep us: what is not released expires.
          await Promise.race([assigning.catch(() => undefined), wait(config.drainMs, undefined, { ref: false })]);
        }
      }
    },
  };
};
