import type { EventHubConsumerClient, EventHubProducerClient } from '@azure/event-hubs';
import { createClients } from './clients.ts';
import { farewell } from './farewell.ts';
import { createHealthBoard } from './health.ts';
import type { Health } from './health.ts';
import { createPublisher, persist } from './publish.ts';
import type { Publisher } from './publish.ts';
import { readPartition } from './read.ts';
import type { HubMessage, ReadOptions } from './read.ts';
import type { HubsSettings } from './settings.ts';

/** What a partition holds, by the broker's word. */
export interface PartitionState {
  /** The oldest sequence number that retention has left; -1 when nothing was ever there. */
  readonly beginSequenceNumber: number;
  /** The newest sequence number; -1 when nothing was ever there. */
  readonly lastSequenceNumber: number;
  readonly isEmpty: boolean;
}

/** One Event Hubs namespace. */
export interface Hubs extends AsyncDisposable {
  /** How many partitions a hub has; waits for a broker that is away. @throws {HubError} for an unknown hub. */
  partitionCount(hub: string): Promise<number>;
  /**
   * What a partition holds now; waits for a broker that is away, until the signal aborts.
   * @throws {HubError} for an unknown hub or partition; the signal's reason when it aborts first.
   */
  partitionState(hub: string, partition: number, signal?: AbortSignal): Promise<PartitionState>;
  publisher(hub: string): Publisher;
  /** @see readPartition */
  read(options: ReadOptions): AsyncGenerator<readonly HubMessage[], void, undefined>;
  /** Whether the broker answers, told from the calls that are made anyway. */
  health(): Health;
}

/** The part of a logger that is used here. */
export interface HubsLog {
  warn(details: object, message: string): void;
}

const kept = <T>(known: Map<string, T>, key: string, make: () => T): T => {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
};

/**
 * Opens a namespace; connections are made on first use and shared. Disposing ends every read and every waiting call.
 * @throws {TypeError} where the settings name neither a connection string nor a namespace.
 */
export const openHubs = (settings: HubsSettings, log: HubsLog): Hubs => {
  const clients = createClients(settings);
  const board = createHealthBoard();
  const closing = new AbortController();
  const producers = new Map<string, EventHubProducerClient>();
  const consumers = new Map<string, EventHubConsumerClient>();
  const counts = new Map<string, Promise<number>>();
  const warn = (details: object, message: string) => log.warn(details, message);

  const producer = (hub: string) => kept(producers, hub, () => clients.producer(hub));
  const consumer = (hub: string, group: string) => kept(consumers, `${hub}/${group}`, () => clients.consumer(hub, group));
  const ask = <T>(hub: string, use: string, attempt: () => Promise<T>, signal?: AbortSignal) =>
    persist({ hub, board, warn, closing: closing.signal }, use, attempt, signal);

  const partitionCount = (hub: string): Promise<number> => {
    const known = counts.get(hub);
    if (known) return known;
    // The count of a hub never changes, so it is asked once; a refusal is not kept.
    const asked = ask(hub, `look at ${hub}`, async () => (await producer(hub).getPartitionIds()).length);
    counts.set(hub, asked);
    asked.catch(() => counts.delete(hub));
    return asked;
  };

  return {
    partitionCount,
    partitionState: (hub, partition, signal) =>
      ask(
        hub,
        `look at ${hub}/${partition}`,
        async () => {
          const found = await producer(hub).getPartitionProperties(String(partition));
          return {
            beginSequenceNumber: found.beginningSequenceNumber,
            lastSequenceNumber: found.lastEnqueuedSequenceNumber,
            isEmpty: found.isEmpty,
          };
        },
        signal,
      ),
    publisher: (hub) =>
      createPublisher({
        hub,
        client: producer(hub),
        board,
        warn,
        partitionCount: () => partitionCount(hub),
        closing: closing.signal,
      }),
    read: (options) =>
      readPartition({ client: consumer(options.hub, options.group), board, warn, closing: closing.signal }, options),
    health: () => board.health(),
    async [Symbol.asyncDispose]() {
      closing.abort(new Error('the hubs were closed'));
      await Promise.all([...producers.values(), ...consumers.values()].map((client) => farewell(client.close())));
    },
  };
};
