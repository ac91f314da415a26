import type { DocumentStore, Hubs } from '@boxoffice/hubs';
import { rewound } from './checkpoint.ts';
import type { Config } from './config.ts';
import { acceptLoss, firstOf } from './edges.ts';
import { inputs } from './inputs.ts';
import type { Input } from './inputs.ts';
import type { Joiner } from './joiner.ts';
import { pairName } from './owned.ts';
import { changePair } from './pair-document.ts';

/** What people can have the join do; each is a change of a pair's document, which its owner takes up. */
export interface Operations {
  /**
   * Every pair that was ever joined reads again what came in at `from` (ms, the broker's clock) and later. Returns where each
   * begins; undefined while it is not known which pairs there are.
   */
  replay(from: number | 'earliest'): Promise<readonly ({ readonly partition: number } & Record<Input, number>)[] | undefined>;
  /** A pair of this instance goes on without what it has lost. */
  acceptLoss(partition: number): Promise<{ readonly lost: number } | 'not-owned' | 'not-refused'>;
}

/** @see Operations */
export const createOperations = (config: Config, hubs: Hubs, documents: DocumentStore, joiner: Joiner): Operations => {
  const hubOf = { bookings: config.bookingsHub, payments: config.paymentsHub };
  const positionAt = async (input: Input, partition: number, from: number | 'earliest'): Promise<number> =>
    from === 'earliest'
      ? firstOf(await hubs.partitionState(hubOf[input], partition))
      : hubs.sequenceNumberAt(hubOf[input], partition, from);

  return {
    async replay(from) {
      const count = joiner.partitions();
      if (count === undefined) return undefined;
      const changed = await Promise.all(
        Array.from({ length: count }, async (_, partition) => {
          const [bookings, payments] = await Promise.all(inputs.map((input) => positionAt(input, partition, from)));
          const begun = await changePair(documents, pairName(config, partition), (found) =>
            rewound(found, { bookings: bookings ?? 0, payments: payments ?? 0 }),
          );
          return begun ? [{ partition, ...begun.replayFrom }] : [];
        }),
      );
      await joiner.look();
      return changed.flat();
    },
    async acceptLoss(partition) {
      const pair = joiner.pairs().find((each) => each.partition === partition && !each.fenced);
      if (!pair) return 'not-owned';
      const { refusal } = pair;
      if (!refusal) return 'not-refused';
      const held = await hubs.partitionState(hubOf[refusal.input], partition);
      const changed = await changePair(documents, pairName(config, partition), (found) => acceptLoss(found, refusal, held));
      await joiner.look();
      return { lost: changed?.ledger.lost ?? 0 };
    },
  };
};
