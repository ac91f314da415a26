import type { HubMessage } from '@boxoffice/hubs';
import type { Stream } from '@boxoffice/warehouse';
import { toEntries } from './to-row.ts';
import type { Entry } from './to-row.ts';

/** Whole messages, in order, that are loaded together. */
export interface Batch {
  readonly firstSequenceNumber: number;
  readonly lastSequenceNumber: number;
  readonly entries: readonly Entry[];
}

/**
 * Gathers messages into batches of `batchEvents` events, or what came within `lingerMs` of the first. While nothing comes it
 * yields nothing. When `source` ends, what was gathered comes as a last batch.
 */
export async function* gather(
  source: AsyncIterable<readonly HubMessage[]>,
  stream: Stream,
  { batchEvents, lingerMs }: { readonly batchEvents: number; readonly lingerMs: number },
): AsyncGenerator<Batch, void, undefined> {
  const messages = source[Symbol.asyncIterator]();
  let entries: Entry[] = [];
  let first = -1;
  let last = -1;
  let lingering: { readonly over: Promise<'lingered'>; readonly timer: NodeJS.Timeout } | undefined;
  const linger = () => {
    const { promise, resolve } = Promise.withResolvers<'lingered'>();
    return { over: promise, timer: setTimeout(() => resolve('lingered'), lingerMs) };
  };
  const take = (): Batch => {
    const batch = { firstSequenceNumber: first, lastSequenceNumber: last, entries };
    clearTimeout(lingering?.timer);
    lingering = undefined;
    entries = [];
    first = -1;
    return batch;
  };

  let next = messages.next();
  try {
    for (;;) {
      const arrived = await (lingering ? Promise.race([next, lingering.over]) : next);
      if (arrived === 'lingered') {
        yield take();
        continue;
      }
      if (arrived.done) break;
      for (const message of arrived.value) {
        if (first < 0) first = message.sequenceNumber;
        last = message.sequenceNumber;
        entries.push(...toEntries(stream, message));
        if (entries.length >= batchEvents) yield take();
      }
      next = messages.next();
      if (first >= 0) lingering ??= linger();
    }
    if (first >= 0) yield take();
  } finally {
    clearTimeout(lingering?.timer);
    await messages.return?.();
  }
}
