import { HubError } from '@boxoffice/hubs';
import type { DocumentStore, Hubs } from '@boxoffice/hubs';
import { rewound } from './checkpoint.ts';
import type { PairCheckpoint } from './checkpoint.ts';
import type { Config } from './config.ts';
import { acceptLoss, firstOf } from './edges.ts';
import type { Input } from './inputs.ts';
import type { Joiner } from './joiner.ts';
import { pairName } from './owned.ts';
import { changePair } from './pair-document.ts';

/** The hubs do not answer, or it is not known yet which pairs there are: ask again later. */
export class NotNowError extends Error {
  override readonly name = 'NotNowError';
}

/** What people can have the join do; each is a change of a pair's document, which its owner takes up. */
export interface Operations {
  /**
   * Every pair that was ever joined reads again what came in at `from` (ms, the broker's clock) and later; of this instance's those
   * that are refused stay so. Returns where each begins. @throws {NotNowError} with nothing changed.
   */
  replay(from: number | 'earliest'): Promise<readonly ({ readonly partition: number } & Record<Input, number>)[]>;
  /** A pair of this instance goes on without what it has lost. @throws {NotNowError} with nothing changed. */
  acceptLoss(partition: number): Promise<{ readonly lost: number } | 'not-owned' | 'not-refused'>;
}

const answersWithinMs = 10_000;

/** What the hubs say, soon, or not at all. */
const ask = async <T>(question: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const signal = AbortSignal.timeout(answersWithinMs);
  try {
    return await question(signal);
  } catch (error) {
    if (!signal.aborted && !(error instanceof HubError)) throw error;
    throw new NotNowError('the hubs do not answer', { cause: error });
  }
};

/** @see Operations */
export const createOperations = (
  config: Config,
  hubs: Hubs,
  documents: DocumentStore,
  joiner: Pick<Joiner, 'pairs' | 'partitions' | 'look'>,
): Operations => {
  const hubOf = { bookings: config.bookingsHub, payments: config.paymentsHub };
  const positionAt = async (input: Input, partition: number, from: number | 'earliest', signal: AbortSignal): Promise<number> =>
    from === 'earliest'
      ? firstOf(await hubs.partitionState(hubOf[input], partition, signal))
      : hubs.sequenceNumberAt(hubOf[input], partition, from, signal);

  const replay: Operations['replay'] = async (from) => {
    const count = joiner.partitions();
    if (count === undefined) throw new NotNowError('the hubs have not been looked at yet');
    const refused = new Set(joiner.pairs().flatMap(({ partition, refusal, fenced }) => (refusal && !fenced ? [partition] : [])));
    const partitions = Array.from({ length: count }, (_, partition) => partition).filter((each) => !refused.has(each));
    // All questions come before the first change. One after the other: a hub has but five readers to a group.
    const positions = await ask(async (signal) => {
      const found: ({ readonly partition: number } & Record<Input, number>)[] = [];
      for (const partition of partitions)
        found.push({
          partition,
          bookings: await positionAt('bookings', partition, from, signal),
          payments: await positionAt('payments', partition, from, signal),
        });
      return found;
    });
    const changed = await Promise.all(
      positions.map(async ({ partition, ...begin }) => {
        const begun = await changePair(documents, pairName(config, partition), (found) => rewound(found, begin));
        return begun ? [{ partition, ...begun.replayFrom }] : [];
      }),
    );
    await joiner.look();
    return changed.flat();
  };
  let replaying: Promise<unknown> = Promise.resolve();

  return {
    replay(from) {
      const mine = replaying.then(() => replay(from));
      replaying = mine.catch(() => undefined);
      return mine;
    },
    async acceptLoss(partition) {
      const pair = joiner.pairs().find((each) => each.partition === partition && !each.fenced);
      if (!pair) return 'not-owned';
      const { refusal, checkpoint } = pair;
      if (!refusal || !checkpoint) return 'not-refused';
      const held = await ask((signal) => hubs.partitionState(hubOf[refusal.input], partition, signal));
      // Whoever was quicker has had it go on already.
      const isRefused = ({ generation, readTo }: PairCheckpoint): boolean =>
        generation === checkpoint.generation && readTo[refusal.input] === checkpoint.readTo[refusal.input];
      let accepted = false;
      const changed = await changePair(documents, pairName(config, partition), (found) => {
        accepted = isRefused(found);
        return accepted ? acceptLoss(found, refusal, held) : found;
      });
      await joiner.look();
      return accepted && changed ? { lost: changed.ledger.lost } : 'not-refused';
    },
  };
};
