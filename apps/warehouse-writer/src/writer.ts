import type { Hubs } from '@boxoffice/hubs';
import type { Logger } from '@boxoffice/service-kit';
import type { Stream, Warehouse } from '@boxoffice/warehouse';
import { watchOutage } from './away.ts';
import type { Config } from './config.ts';
import type { WriterMetrics } from './metrics.ts';
import { openPartition } from './partition.ts';
import type { LoadedPartition } from './partition.ts';

/** Loads every partition of the joined and the quarantine hub into the warehouse. */
export interface Writer {
  /** In order of hub and partition; empty until they are claimed. */
  partitions(): readonly LoadedPartition[];
  /** What keeps it from loading; undefined while it loads. */
  obstacle(): string | undefined;
  /** Migrates, claims the partitions, and loads until the signal aborts; what it has begun it finishes. */
  run(): Promise<void>;
}

/** @see Writer */
export const createWriter = (parts: {
  readonly config: Config;
  readonly hubs: Hubs;
  readonly warehouse: Warehouse;
  readonly metrics: WriterMetrics;
  readonly log: Logger;
  readonly signal: AbortSignal;
}): Writer => {
  const { config, hubs, warehouse, log } = parts;
  const failing = new AbortController();
  const signal = AbortSignal.any([parts.signal, failing.signal]);
  const outage = watchOutage(log, signal, config.retryMaxMs);
  const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  aborted.catch(() => {});
  let partitions: readonly LoadedPartition[] = [];

  const claim = async (stream: Stream, hub: string): Promise<LoadedPartition[]> => {
    // The count waits for a broker that is away, and being asked to stop must not wait with it.
    const count = await Promise.race([hubs.partitionCount(hub), aborted]);
    const numbers = Array.from({ length: count }, (_, partition) => partition);
    const claimed = await outage.through(() => warehouse.loader.claim(stream, hub, numbers));
    return [...claimed]
      .toSorted(([a], [b]) => a - b)
      .map(([partition, position]) => openPartition({ ...parts, signal, outage }, { stream, hub, partition }, position));
  };

  /** Asked to stop while it waited for something: nothing was begun, so nothing is left to finish. */
  const isStop = (error: unknown): boolean =>
    parts.signal.aborted && (error === parts.signal.reason || (error instanceof Error && error.name === 'AbortError'));

  /** The first failure ends the others as well, each after the batch that it has in hand. */
  const runAll = async (): Promise<void> => {
    await Promise.all(
      partitions.map(async (partition) => {
        try {
          await partition.run();
        } catch (error) {
          if (!failing.signal.aborted && !isStop(error)) failing.abort(error);
        }
      }),
    );
    failing.signal.throwIfAborted();
  };

  return {
    partitions: () => partitions,
    obstacle() {
      if (outage.error) return outage.error.message;
      return partitions.length === 0 ? 'the partitions are not claimed yet' : undefined;
    },
    async run() {
      try {
        await outage.through(() => warehouse.migrate());
        partitions = [...(await claim('joined', config.joinedHub)), ...(await claim('quarantine', config.quarantineHub))];
        await runAll();
      } catch (error) {
        if (!isStop(error)) throw error;
      }
    },
  };
};
