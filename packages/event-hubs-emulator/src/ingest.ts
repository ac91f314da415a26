import { partitionForKey } from '@boxoffice/partition-key';
import type { Delivery, EventContext, Receiver } from 'rhea';
import { MalformedMessage } from './amqp-sections.ts';
import type { Hub } from './hub.ts';
import { BATCH_FORMAT, readIncomingBatch, type IncomingBatch } from './incoming-batch.ts';
import { BatchRefused, type PartitionLog } from './partition-log.ts';
import { refusals, type Refusal } from './refusal.ts';
import { MAX_MESSAGE_BYTES } from './rhea-internals.ts';
import type { Traffic } from './traffic.ts';

// Batches in flight a link: each may be 1 MiB, so the credit is also a bound on memory.
const CREDIT = 256;
const CREDIT_STEP = 64;

/** The partition of a batch: the link's own; else its key's; else the next in turn. */
function choosePartition(hub: Hub, linked: PartitionLog | undefined, { partitionKey }: IncomingBatch): PartitionLog {
  if (linked !== undefined) return linked;
  if (partitionKey === undefined) return hub.nextInTurn();
  return hub.partitions[partitionForKey(partitionKey, hub.partitions.length)]!;
}

/** Where a link's batches go, and whether the server still takes any. */
export interface IngestTarget {
  readonly hub: Hub;
  /** Set when the client sends to one partition by id. */
  readonly partition: PartitionLog | undefined;
  readonly traffic: Traffic;
  readonly stopping: () => boolean;
}

/** Appends what arrives on a link, and accepts each batch once it is on disk. What arrives while the server stops is refused, so that the client sends it again. */
export function ingest(receiver: Receiver, { hub, partition, traffic, stopping }: IngestTarget): void {
  let settled = 0;
  const settle = (delivery: Delivery, refusal?: Refusal): void => {
    if (refusal === undefined) traffic.batchesAccepted += 1;
    else traffic.batchesRefused.set(refusal.condition, (traffic.batchesRefused.get(refusal.condition) ?? 0) + 1);
    // On a link or session that is gone a disposition would be a protocol error, and end the whole connection.
    if (!receiver.is_open()) return;
    if (refusal === undefined) delivery.accept();
    else delivery.reject(refusal);
    settled += 1;
    if (settled < CREDIT_STEP) return;
    receiver.add_credit(settled);
    settled = 0;
  };

  receiver.on('message', ({ message, delivery }: EventContext) => {
    // A link that was refused may still send what it had begun.
    if (delivery === undefined || !receiver.is_open()) return;
    if (stopping()) return settle(delivery, refusals.cancelled());
    const payload: unknown = message;
    if (!Buffer.isBuffer(payload)) return settle(delivery, refusals.malformed('the message has no payload'));
    if (payload.length > MAX_MESSAGE_BYTES)
      return settle(delivery, refusals.tooLarge(delivery.id, payload.length, MAX_MESSAGE_BYTES));
    try {
      const batch = readIncomingBatch(payload, delivery.format === BATCH_FORMAT);
      choosePartition(hub, partition, batch)
        .append(batch)
        .then(
          () => settle(delivery),
          (error: unknown) =>
            settle(delivery, error instanceof BatchRefused ? error.refusal : refusals.cannotStore(String(error))),
        );
    } catch (error) {
      if (error instanceof BatchRefused) return settle(delivery, error.refusal);
      if (!(error instanceof MalformedMessage)) throw error;
      settle(delivery, refusals.malformed(error.message));
    }
  });
  // Together with the attach: a client that finds no credit when it first looks sleeps for a second.
  receiver.add_credit(CREDIT);
}
