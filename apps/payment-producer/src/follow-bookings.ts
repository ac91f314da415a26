import type { DocumentStore, Hubs } from '@boxoffice/hubs';
import type { Send } from '@boxoffice/scenario';
import type { Logger } from '@boxoffice/service-kit';
import { openCheckpoint } from './checkpoint.ts';
import type { Config } from './config.ts';
import { followPartition } from './follow-partition.ts';
import type { ProducerMetrics } from './metrics.ts';
import { orAborted } from './or-aborted.ts';
import { createPayer } from './payer.ts';
import type { Payer } from './payer.ts';

/** The payers of all partitions, by partition; none until the broker has said how many there are. */
export type Payers = readonly Payer<Send>[];

/**
 * Follows every partition of the bookings hub and pays, until `signal` aborts and what was in flight has been acknowledged or
 * given up. What is given up is sent again after a restart.
 * @throws {HubError} and {DocumentConflictError}, as `followPartition` does.
 */
export const followBookings = async ({
  hubs,
  documents,
  config,
  metrics,
  log,
  signal,
  onPayers,
  now = Date.now,
}: {
  readonly hubs: Hubs;
  readonly documents: DocumentStore;
  readonly config: Config;
  readonly metrics: ProducerMetrics;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly onPayers: (payers: Payers) => void;
  readonly now?: () => number;
}): Promise<void> => {
  const { bookingsHub, paymentsHub, idleAfterMs, drainMs } = config;
  const count = await orAborted(hubs.partitionCount(bookingsHub), signal);
  const paymentPartitions = await orAborted(hubs.partitionCount(paymentsHub), signal);
  if (count === undefined || paymentPartitions === undefined) return;
  const partitions = await Promise.all(
    Array.from({ length: count }, async (_, partition) => {
      const checkpoint = await openCheckpoint(documents, bookingsHub, partition);
      const after = checkpoint.resumeAfter;
      const maxPending = Math.ceil(config.maxPending / count);
      const payer = createPayer<Send>({ startedAt: now(), after, idleAfterMs, maxPending });
      return { partition, checkpoint, payer };
    }),
  );
  onPayers(partitions.map(({ payer }) => payer));

  const givingUp = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const startToGiveUp = (): void => {
    const reason = new Error(`${paymentsHub} did not acknowledge what was in flight within ${drainMs} ms`);
    timer = setTimeout(() => givingUp.abort(reason), drainMs);
  };
  signal.addEventListener('abort', startToGiveUp);
  if (signal.aborted) startToGiveUp();
  const publisher = hubs.publisher(paymentsHub);
  const shared = { hubs, publisher, paymentPartitions, config, metrics, now, signal, giveUp: givingUp.signal };
  const follow = async (each: (typeof partitions)[number]): Promise<void> => {
    try {
      await followPartition({ ...shared, ...each });
    } catch (error) {
      if (!givingUp.signal.aborted) throw error;
      log.warn(
        { partition: each.partition, err: error },
        'stopped with payments in flight; they are sent again after the restart',
      );
    }
  };
  try {
    await Promise.all(partitions.map(follow));
  } finally {
    signal.removeEventListener('abort', startToGiveUp);
    clearTimeout(timer);
  }
};
