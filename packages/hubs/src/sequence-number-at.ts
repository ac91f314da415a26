import type { EventHubConsumerClient } from '@azure/event-hubs';
import { farewell } from './farewell.ts';
import type { PartitionState } from './hubs.ts';

/** What a look-up needs of its surroundings. */
export interface LookUpContext {
  /** A client of its own: the SDK lets a client read a partition once at a time. */
  readonly connect: () => EventHubConsumerClient;
  readonly stateNow: () => Promise<PartitionState>;
  readonly ending: AbortSignal;
}

/**
 * One attempt at `Hubs.sequenceNumberAt`. Only a message can tell where an instant lies in the log, and none may ever come; so the
 * partition's state is asked before, and again each second that nothing came, whether there can be one.
 * @throws what the SDK does, and the reason of `ending` when it aborts first
 */
export const sequenceNumberAt = async (
  { connect, stateNow, ending }: LookUpContext,
  partition: number,
  enqueuedAt: number,
): Promise<number> => {
  const behindTheLast = async (): Promise<number | undefined> => {
    const { isEmpty, lastEnqueuedAt, lastSequenceNumber } = await stateNow();
    return isEmpty || lastEnqueuedAt < enqueuedAt ? lastSequenceNumber + 1 : undefined;
  };
  const already = await behindTheLast();
  if (already !== undefined) return already;

  const found = Promise.withResolvers<number>();
  const onAbort = () => found.reject(ending.reason);
  if (ending.aborted) onAbort();
  ending.addEventListener('abort', onAbort);
  const client = connect();
  client.subscribe(
    String(partition),
    {
      async processEvents(events) {
        const first = events.find(({ enqueuedTimeUtc }) => enqueuedTimeUtc.getTime() >= enqueuedAt)?.sequenceNumber;
        const answer = first ?? (events.length === 0 ? await behindTheLast() : undefined);
        if (answer !== undefined) found.resolve(answer);
      },
      // Here comes what `behindTheLast` throws, too.
      processError: async (error) => found.reject(error),
    },
    {
      // The service knows "after" only.
      startPosition: { enqueuedOn: Math.max(0, Math.ceil(enqueuedAt) - 1) },
      maxBatchSize: 1,
      maxWaitTimeInSeconds: 1,
      skipParsingBodyAsJson: true,
    },
  );
  try {
    return await found.promise;
  } finally {
    ending.removeEventListener('abort', onAbort);
    await farewell(client.close());
  }
};
