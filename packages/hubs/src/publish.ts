import { setTimeout as wait } from 'node:timers/promises';
import type { EventDataBatch, EventHubProducerClient } from '@azure/event-hubs';
import { partitionForKey } from '@boxoffice/partition-key';
import { HubError, asHubError, isTransient, lastCause } from './errors.ts';
import type { HealthBoard } from './health.ts';

/** A message on its way out. With `partition` it goes there; with `key` to the partition that the service's hash names. */
export type OutgoingMessage = {
  readonly body: Uint8Array;
  readonly contentType: string;
} & ({ readonly partition: number; readonly key?: never } | { readonly key: string; readonly partition?: never });

/** Publishes to one hub. */
export interface Publisher {
  /**
   * Sends the messages in batches, one partition's in their order and the partitions side by side, and resolves once the hub has
   * acknowledged all. While the hub is away it tries on, which shows in `Hubs.health()`; a retry may send a message twice.
   * @throws {HubError} when the hub will not have it (a message above its size limit, an unknown hub); some may have been sent.
   * @throws the signal's reason when it aborts first.
   */
  publish(messages: readonly OutgoingMessage[], signal?: AbortSignal): Promise<void>;
}

/** What a publisher needs of its surroundings. */
export interface PublishContext {
  readonly hub: string;
  readonly client: EventHubProducerClient;
  readonly board: HealthBoard;
  readonly warn: (details: object, message: string) => void;
  readonly partitionCount: () => Promise<number>;
  /** Aborts when the hubs are closed. */
  readonly closing: AbortSignal;
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Runs `attempt` until it succeeds; a passing error shows on the board and is tried again after 0.1 s, 0.2 s … 2 s. */
export const persist = async <T>(
  { hub, board, warn, closing }: Pick<PublishContext, 'hub' | 'board' | 'warn' | 'closing'>,
  use: string,
  attempt: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> => {
  const either = signal ? AbortSignal.any([signal, closing]) : closing;
  for (let delayMs = 100; ; delayMs = Math.min(2 * delayMs, 2000)) {
    either.throwIfAborted();
    try {
      const result = await attempt();
      board.succeeded(use);
      return result;
    } catch (error) {
      either.throwIfAborted();
      if (error instanceof HubError || !isTransient(error)) throw error instanceof HubError ? error : asHubError(use, error);
      if (board.failed(use, lastCause(error))) warn({ hub, error: lastCause(error) }, 'Event Hubs does not answer; trying on');
      // Cut short it rejects with an error of its own; the signal's reason comes at the top.
      await wait(delayMs, undefined, { signal: either }).catch(() => undefined);
    }
  }
};

/** A publisher over one of the SDK's producer clients. */
export const createPublisher = (context: PublishContext): Publisher => {
  const { hub, client, partitionCount } = context;

  const sendTo = async (partition: number, messages: readonly OutgoingMessage[], signal?: AbortSignal): Promise<void> => {
    const use = `publish ${hub}/${partition}`;
    const newBatch = () => persist(context, use, () => client.createBatch({ partitionId: String(partition) }), signal);
    const send = (batch: EventDataBatch) => persist(context, use, () => client.sendBatch(batch), signal);
    let batch = await newBatch();
    for (const { body, contentType } of messages) {
      const event = { body: asBuffer(body), contentType };
      if (batch.tryAdd(event)) continue;
      if (batch.count > 0) {
        await send(batch);
        batch = await newBatch();
        if (batch.tryAdd(event)) continue;
      }
      throw new HubError(
        `${use}: a message of ${body.byteLength} bytes is above the hub's limit of ${batch.maxSizeInBytes} bytes`,
      );
    }
    await send(batch);
  };

  return {
    async publish(messages, signal) {
      if (messages.length === 0) return;
      const count = await partitionCount();
      const byPartition = Map.groupBy(messages, ({ partition, key }) =>
        key === undefined ? partition : partitionForKey(key, count),
      );
      await Promise.all([...byPartition].map(([partition, each]) => sendTo(partition, each, signal)));
    },
  };
};
