import { earliestEventPosition, latestEventPosition } from '@azure/event-hubs';
import type { EventHubConsumerClient, EventPosition, ReceivedEventData } from '@azure/event-hubs';
import { asHubError, isTransient, lastCause } from './errors.ts';
import { farewell } from './farewell.ts';
import type { HealthBoard } from './health.ts';

/** Where in a partition's log to begin. */
export type Position = 'earliest' | 'latest' | { readonly after: number };

/** What to read. */
export interface ReadOptions {
  readonly hub: string;
  /** The consumer group. */
  readonly group: string;
  readonly partition: number;
  readonly from: Position;
  /** With one, this reader ends every other of its group and partition whose level is not higher. */
  readonly ownerLevel?: number;
  /** Ends the iteration, in good order. */
  readonly signal: AbortSignal;
}

/** A message as it stands in a partition's log. */
export interface HubMessage {
  readonly hub: string;
  readonly partition: number;
  readonly sequenceNumber: number;
  /** When the hub took it in, ms since the epoch. */
  readonly enqueuedAt: number;
  /** Its place in the log as the service names it, opaque: what the SDK's checkpoints hold. */
  readonly offset: string;
  readonly body: Uint8Array;
}

// The SDK waits a fixed 20 ms for each batch unless its queue already holds one, and by default it takes one event at a time
// and gives up after a minute: batches of 200 with ten in the queue read four times as fast as its defaults. More in the queue read no
// faster, but what waits there for long is moved to the old generation, and collecting it cost the joiner a tenth of its time.
const maxBatchSize = 200;
const prefetchCount = 2000;
const maxWaitTimeInSeconds = 1;

const eventPosition = (from: Position): EventPosition => {
  // "After -1" is everything too, but the service has been seen to deliver nothing for it from a new hub (azure-sdk-for-js#20982).
  if (from === 'earliest' || (from !== 'latest' && from.after < 0)) return earliestEventPosition;
  if (from === 'latest') return latestEventPosition;
  return { sequenceNumber: from.after, isInclusive: false };
};

const bytesOf = (body: unknown): Uint8Array => {
  if (body instanceof Uint8Array) return body;
  // An AMQP value or sequence body, from a publisher that is not one of ours. Its JSON is what there is to read or to quarantine.
  return Buffer.from(JSON.stringify(body) ?? 'null');
};

const nextArrival = () => {
  const next = Promise.withResolvers<readonly ReceivedEventData[] | undefined>();
  // It may fail while nobody is waiting for it; whoever pulls next will hear of it.
  next.promise.catch(() => undefined);
  return next;
};

/** What a reader needs of its surroundings. */
export interface ReadContext {
  readonly client: EventHubConsumerClient;
  readonly board: HealthBoard;
  readonly warn: (details: object, message: string) => void;
  readonly closing: AbortSignal;
}

/**
 * Reads one partition in order, each message once, a batch at a time; the next is fetched while one is worked on, and no more, so
 * whoever is slow slows the reading. Yields an empty batch when nothing came for a second. Lost connections heal by themselves.
 * @throws {HubError} when the hub refuses for good: an unknown hub or group, a position that it does not have.
 * @throws {OwnershipLostError} when another reader with an owner level as high has taken the partition.
 */
export async function* readPartition(
  { client, board, warn, closing }: ReadContext,
  { hub, group, partition, from, ownerLevel, signal }: ReadOptions,
): AsyncGenerator<readonly HubMessage[], void, undefined> {
  const use = `read ${hub}/${partition}`;
  const ending = AbortSignal.any([signal, closing]);
  if (ending.aborted) return;
  // The SDK pushes and waits for its handler; an iterator pulls. They meet here, one batch at a time.
  let arrived = nextArrival();
  let taken = Promise.withResolvers<void>();
  const onAbort = () => arrived.resolve(undefined);
  ending.addEventListener('abort', onAbort);

  const subscription = client.subscribe(
    String(partition),
    {
      async processEvents(events) {
        board.succeeded(use);
        arrived.resolve(events);
        await taken.promise;
      },
      async processError(error) {
        if (!isTransient(error)) return arrived.reject(asHubError(`${use} (group ${group})`, error));
        if (board.failed(use, lastCause(error)))
          warn({ hub, partition, error: lastCause(error) }, 'Event Hubs does not answer; trying on');
      },
    },
    {
      startPosition: eventPosition(from),
      maxBatchSize,
      prefetchCount,
      maxWaitTimeInSeconds,
      skipParsingBodyAsJson: true,
      ...(ownerLevel !== undefined && { ownerLevel }),
    },
  );
  let last = typeof from === 'object' ? from.after : -1;
  try {
    while (!ending.aborted) {
      // Not a race with a promise of the end: a race leaves something at each loser, and a reader may run for months.
      const events = await arrived.promise;
      if (events === undefined) return;
      arrived = nextArrival();
      const messages: HubMessage[] = [];
      for (const { sequenceNumber, offset, enqueuedTimeUtc, body } of events) {
        // A receiver that reconnects can be sent again what it had in its queue.
        if (sequenceNumber <= last) continue;
        last = sequenceNumber;
        messages.push({ hub, partition, sequenceNumber, offset, enqueuedAt: enqueuedTimeUtc.getTime(), body: bytesOf(body) });
      }
      const next = taken;
      taken = Promise.withResolvers();
      next.resolve();
      yield messages;
    }
  } finally {
    ending.removeEventListener('abort', onAbort);
    taken.resolve();
    await farewell(subscription.close());
  }
}
