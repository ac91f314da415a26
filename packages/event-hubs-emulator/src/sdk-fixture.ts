import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  EventHubConsumerClient,
  EventHubProducerClient,
  type EventPosition,
  type ReceivedEventData,
  type SubscribeOptions,
} from '@azure/event-hubs';
import { startEmulator } from './emulator.ts';
import type { HubOptions } from './hub.ts';

const retryOptions = { maxRetries: 0, timeoutInMs: 10_000, retryDelayInMs: 10 };

/** A directory that is gone again after the test. */
export async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'emulator-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** The official SDK's clients on one server, closed with it. */
export interface Sdk extends AsyncDisposable {
  producer(hub?: string): EventHubProducerClient;
  consumer(hub?: string, consumerGroup?: string): EventHubConsumerClient;
  /** The first `count` events that a receiver gets. */
  read(from: {
    partition?: string;
    position?: EventPosition;
    count: number;
    consumer?: EventHubConsumerClient;
  }): Promise<ReceivedEventData[]>;
}

/** Clients that ask once and do not retry, so that a refusal shows at once. */
export function connectSdk(connectionString: string): Sdk {
  const resources = new AsyncDisposableStack();
  const producer = (hub = 'bookings'): EventHubProducerClient =>
    resources.adopt(new EventHubProducerClient(connectionString, hub, { retryOptions }), (client) => client.close());
  const consumer = (hub = 'bookings', group = '$Default'): EventHubConsumerClient =>
    resources.adopt(new EventHubConsumerClient(group, connectionString, hub, { retryOptions }), (client) => client.close());
  return {
    producer,
    consumer,
    read: ({ partition = '0', position = { offset: '-1' }, count, consumer: reader = consumer() }) =>
      firstEvents(reader, partition, count, { startPosition: position }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Subscribes to one partition until `count` events have come, or an error. */
export async function firstEvents(
  client: EventHubConsumerClient,
  partition: string,
  count: number,
  options: SubscribeOptions,
): Promise<ReceivedEventData[]> {
  const events: ReceivedEventData[] = [];
  const done = Promise.withResolvers<ReceivedEventData[]>();
  const subscription = client.subscribe(
    partition,
    {
      processEvents: async (batch) => {
        events.push(...batch);
        if (events.length >= count) done.resolve(events);
      },
      processError: async (error) => done.reject(error),
    },
    { maxBatchSize: 100, maxWaitTimeInSeconds: 1, ...options },
  );
  try {
    return await done.promise;
  } finally {
    await subscription.close();
  }
}

/** A server on a fresh directory with a hub `bookings` of four partitions, if nothing else is said, and clients for it. */
export async function emulatorWithSdk(
  hubs: Readonly<Record<string, HubOptions>> = { bookings: { partitions: 4 } },
): Promise<Sdk> {
  await using undo = new AsyncDisposableStack();
  const directory = undo.use(await temporaryDirectory());
  const emulator = undo.use(await startEmulator({ hubs, dataDirectory: directory.path }));
  const sdk = undo.use(connectSdk(emulator.connectionString));
  const resources = undo.move();
  return { ...sdk, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}
