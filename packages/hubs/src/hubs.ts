import type { EventHubConsumerClient, EventHubProducerClient } from '@azure/event-hubs';
import { createClients } from './clients.ts';
import { farewell } from './farewell.ts';
import { createHealthBoard } from './health.ts';
import type { Health } from './health.ts';
import { createPublisher, persist } from './publish.ts';
import type { Publisher } from './publish.ts';
import { readPartition } from './read.ts';
import type { HubMessage, ReadOptions } from './read.ts';
import { sequenceNumberAt } from './sequence-number-at.ts';
import type { HubsSettings } from './settings.ts';

/**
 * What a partition holds, by the broker's word. What is said of one that retention has emptied is what the embedded server
 * says; Azure was not checked, so ask `isEmpty` before the beginning, the time or the offset.
 */
export interface PartitionState {
  /** The oldest sequence number that retention has left, one above the newest when it has left none; -1 when nothing was ever there. */
  readonly beginSequenceNumber: number;
  /** The newest sequence number, whether retention has left it or not; -1 when nothing was ever there. */
  readonly lastSequenceNumber: number;
  /** When the newest message came, ms since the epoch; 0 when nothing was ever there, or the broker does not know any more. */
  readonly lastEnqueuedAt: number;
  /** The offset of the newest message; '-1' when nothing was ever there, or the broker does not know any more. */
  readonly lastOffset: string;
  /** Whether there is nothing to read: nothing ever came, or retention has left nothing of it. */
  readonly isEmpty: boolean;
}

/** One Event Hubs namespace. */
export interface Hubs extends AsyncDisposable {
  /** Its fully qualified name: a host, without a port. */
  readonly namespace: string;
  /** How many partitions a hub has; waits for a broker that is away. @throws {HubError} for an unknown hub. */
  partitionCount(hub: string): Promise<number>;
  /**
   * What a partition holds now; waits for a broker that is away, until the signal aborts.
   * @throws {HubError} for an unknown hub or partition; the signal's reason when it aborts first.
   */
  partitionState(hub: string, partition: number, signal?: AbortSignal): Promise<PartitionState>;
  /**
   * The sequence number of the first message that was enqueued at or after an instant, ms since the epoch; the one that the next
   * message will get when there is none. It reads that one message in the group `$Default`, without an owner level, and so disturbs no
   * reader of another group. Waits for a broker that is away, until the signal aborts.
   * @throws {HubError} for an unknown hub or partition, and where `$Default` is read with an owner level or by five already.
   * @throws the signal's reason when it aborts first.
   */
  sequenceNumberAt(hub: string, partition: number, enqueuedAt: number, signal?: AbortSignal): Promise<number>;
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

  const stateNow = async (hub: string, partition: number): Promise<PartitionState> => {
    const found = await producer(hub).getPartitionProperties(String(partition));
    return {
      beginSequenceNumber: found.beginningSequenceNumber,
      lastSequenceNumber: found.lastEnqueuedSequenceNumber,
      // A service in .NET may say "the year 1" for never.
      lastEnqueuedAt: Math.max(0, found.lastEnqueuedOnUtc.getTime()),
      lastOffset: found.lastEnqueuedOffset,
      isEmpty: found.isEmpty,
    };
  };

  return {
    namespace: clients.namespace,
    partitionCount,
    partitionState: (hub, partition, signal) => ask(hub, `look at ${hub}/${partition}`, () => stateNow(hub, partition), signal),
    sequenceNumberAt(hub, partition, enqueuedAt, signal) {
      const ending = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
      const context = { connect: () => clients.consumer(hub, '$Default'), stateNow: () => stateNow(hub, partition), ending };
      return ask(hub, `look at ${hub}/${partition}`, () => sequenceNumberAt(context, partition, enqueuedAt), signal);
    },
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
