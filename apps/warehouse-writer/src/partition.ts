import type { Hubs, Position } from '@boxoffice/hubs';
import type { Logger } from '@boxoffice/service-kit';
import { FencedError } from '@boxoffice/warehouse';
import type { IngestPosition, Stream, Warehouse } from '@boxoffice/warehouse';
import type { Outage } from './away.ts';
import { gather } from './batches.ts';
import type { Batch } from './batches.ts';
import type { Config } from './config.ts';
import { loadBatch } from './load.ts';
import type { WriterMetrics } from './metrics.ts';

/** What a partition's loop works with. */
export interface PartitionContext {
  readonly config: Config;
  readonly hubs: Hubs;
  readonly warehouse: Warehouse;
  readonly outage: Outage;
  readonly metrics: WriterMetrics;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** One partition of a hub on its way into the warehouse. */
export interface LoadedPartition {
  readonly stream: Stream;
  readonly hub: string;
  readonly partition: number;
  /** Last sequence number that the warehouse holds; null while it holds none. */
  readonly loaded: () => number | null;
  readonly run: () => Promise<void>;
}

const after = (sequenceNumber: number | null): Position =>
  sequenceNumber === null || sequenceNumber < 0 ? 'earliest' : { after: sequenceNumber };

/**
 * Loads a partition from `claimed` on, until the signal aborts. It starts with the last batch once more: that costs little, and
 * a log that is not the one which was loaded shows at once. The offset moves in the transaction of its batch, so a crash
 * anywhere loses nothing and loads nothing twice.
 */
export const openPartition = (
  context: PartitionContext,
  place: { readonly stream: Stream; readonly hub: string; readonly partition: number },
  claimed: IngestPosition,
): LoadedPartition => {
  const { config, hubs, warehouse, outage, metrics, log, signal } = context;
  const { stream, hub, partition } = place;
  let position = claimed;

  const checkLog = async (): Promise<void> => {
    const { beginSequenceNumber, lastSequenceNumber } = await hubs.partitionState(hub, partition, signal);
    const loaded = position.sequenceNumber ?? -1;
    if (lastSequenceNumber < loaded)
      throw new Error(
        `partition ${partition} of ${hub} ends at ${lastSequenceNumber}, but the warehouse holds it to ${loaded}: ` +
          'the hub was emptied, or WAREHOUSE_URL belongs to another one; use an empty warehouse with an empty hub',
      );
    const lost = beginSequenceNumber - loaded - 1;
    if (lost > 0 && loaded >= 0) {
      metrics.lost({ hub, partition }, lost);
      log.error(
        { hub, partition, from: loaded + 1, to: beginSequenceNumber - 1 },
        'messages left the hub before they were loaded',
      );
    }
  };

  const store = async (batch: Batch): Promise<void> => {
    const startedAt = performance.now();
    const known = position.sequenceNumber ?? -1;
    const result = await outage.through(() => loadBatch(warehouse.loader, { hub, partition }, position, batch));
    ({ position } = result);
    const replayed = batch.entries.filter(({ origin }) => origin.sequenceNumber <= known).length;
    metrics.loaded({ hub, partition }, batch.entries, { ...result, replayed, seconds: (performance.now() - startedAt) / 1000 });
    if (result.refused > 0)
      log.warn({ hub, partition, refused: result.refused }, 'the warehouse refused events; they are in its quarantine');
  };

  const follow = async (from: Position): Promise<void> => {
    const messages = hubs.read({ hub, group: config.consumerGroup, partition, from, signal });
    for await (const batch of gather(messages, stream, config)) await store(batch);
  };

  const run = async (): Promise<void> => {
    await checkLog();
    let from = after(position.batchStart === null ? null : position.batchStart - 1);
    while (!signal.aborted)
      try {
        await follow(from);
      } catch (error) {
        if (!(error instanceof FencedError)) throw error;
        // Another writer has loaded it further, or an acknowledgement was lost on its way: the database knows.
        log.warn({ hub, partition, reason: error.message }, 'fenced; going on from where the warehouse stands');
        position = (await outage.through(() => warehouse.loader.positions(hub))).get(partition) ?? position;
        from = after(position.sequenceNumber);
      }
  };

  return { ...place, loaded: () => position.sequenceNumber, run };
};
