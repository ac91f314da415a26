import type { Hubs } from '@boxoffice/hubs';
import type { Stream } from '@boxoffice/warehouse';
import type { LoadedPartition } from './partition.ts';

/** How far a partition is behind its hub. */
export interface Lag {
  readonly stream: Stream;
  readonly hub: string;
  readonly partition: number;
  /** Last sequence number in the warehouse; null while there is none. */
  readonly loaded: number | null;
  /** Last sequence number in the hub, by the broker's word; null when there never was one. */
  readonly lastEnqueued: number | null;
  /** Messages that are in the hub and not in the warehouse. */
  readonly lag: number;
}

const patienceMs = 5000;

/** Asks the broker first and the writer after, so a lag of 0 covers all that was there. @throws when the broker does not answer */
export const lagOf = (hubs: Hubs, partitions: readonly LoadedPartition[]): Promise<Lag[]> => {
  const signal = AbortSignal.timeout(patienceMs);
  return Promise.all(
    partitions.map(async ({ stream, hub, partition, loaded: loadedNow }) => {
      const { beginSequenceNumber, lastSequenceNumber, isEmpty } = await hubs.partitionState(hub, partition, signal);
      const loaded = loadedNow();
      const from = Math.max(loaded ?? -1, beginSequenceNumber - 1);
      const lag = isEmpty ? 0 : Math.max(0, lastSequenceNumber - from);
      return { stream, hub, partition, loaded, lastEnqueued: lastSequenceNumber < 0 ? null : lastSequenceNumber, lag };
    }),
  );
};
