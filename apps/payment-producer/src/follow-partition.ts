import type { Hubs, Publisher } from '@boxoffice/hubs';
import { messagesOf } from '@boxoffice/runs';
import type { Send } from '@boxoffice/scenario';
import { createBell } from './bell.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Config } from './config.ts';
import type { ProducerMetrics } from './metrics.ts';
import { orAborted } from './or-aborted.ts';
import type { Payer, Pending } from './payer.ts';
import { paymentsDue } from './payments-due.ts';

/** What following a partition takes. */
export interface Following {
  readonly partition: number;
  readonly hubs: Hubs;
  readonly publisher: Publisher;
  /** How many the payments hub has. */
  readonly paymentPartitions: number;
  readonly payer: Payer<Send>;
  readonly checkpoint: Checkpoint;
  readonly config: Pick<Config, 'bookingsHub' | 'consumerGroup' | 'packing' | 'skewMs' | 'checkpointEveryMs'>;
  readonly metrics: ProducerMetrics;
  readonly now: () => number;
  /** Asks for an end after what is in flight. */
  readonly signal: AbortSignal;
  /** Gives up what is in flight. */
  readonly giveUp: AbortSignal;
}

/** Payments that are sent and acknowledged together, at most. */
const batchEvents = 2000;
/** How long a wait lasts that nothing ends. */
const restMs = 60_000;

/**
 * Reads one bookings partition and sends its payments when their time has come, until `signal` aborts; what is in flight then is
 * waited for and the checkpoint written. One batch is in flight at a time, so the payments keep their order.
 * @throws {HubError} when a hub refuses for good; {DocumentConflictError} when another process follows the partition.
 */
export const followPartition = async (following: Following): Promise<void> => {
  const { partition, hubs, publisher, paymentPartitions, payer, checkpoint, config, metrics, now, signal, giveUp } = following;
  const { bookingsHub: hub, consumerGroup: group, packing, skewMs, checkpointEveryMs } = config;
  const bell = createBell();
  const wake = () => bell.ring();

  const isAtEnd = async (): Promise<boolean> => {
    const state = await orAborted(hubs.partitionState(hub, partition), signal);
    return state !== undefined && (state.isEmpty || state.lastSequenceNumber <= (payer.state(now()).readTo ?? -1));
  };

  const read = async (): Promise<void> => {
    const after = payer.resumeAfter() ?? -1;
    const from = after < 0 ? 'earliest' : { after };
    let atEnd = false;
    for await (const messages of hubs.read({ hub, group, partition, from, signal })) {
      for (const each of messages)
        payer.read(
          now(),
          paymentsDue(each, skewMs, (outcome) => metrics.read.inc({ outcome })),
        );
      atEnd = messages.length === 0 && (atEnd || (await isAtEnd()));
      if (atEnd) payer.caughtUp();
      bell.ring();
      while (!payer.hasRoom() && !signal.aborted) await bell.wait(restMs);
    }
  };

  const send = async (payments: readonly Pending<Send>[]): Promise<void> => {
    const began = performance.now();
    metrics.published.inc(payments.length);
    const sends = payments.map(({ event }) => event);
    await publisher.publish(messagesOf(sends, { packing, partitions: paymentPartitions }), giveUp);
    metrics.sendSeconds.observe((performance.now() - began) / 1000);
    metrics.acknowledged.inc(payments.length);
    payer.acknowledge(payments);
    bell.ring();
  };

  const pay = async (): Promise<void> => {
    let writtenAt = now();
    while (!signal.aborted) {
      const payments = payer.release(now(), batchEvents);
      if (payments.length > 0) await send(payments);
      if (now() - writtenAt >= checkpointEveryMs) {
        await checkpoint.write(payer.resumeAfter());
        writtenAt = now();
      }
      const next = payer.releasesAt() ?? Infinity;
      if (next > now() && !signal.aborted) await bell.wait(Math.min(next - now(), restMs));
    }
    await checkpoint.write(payer.resumeAfter());
  };

  signal.addEventListener('abort', wake);
  try {
    await Promise.all([read(), pay()]);
  } finally {
    signal.removeEventListener('abort', wake);
  }
};
