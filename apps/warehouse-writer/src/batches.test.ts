import type { HubMessage } from '@boxoffice/hubs';
import { expect, test } from 'vitest';
import { gather } from './batches.ts';
import { sampleRun } from './sample-run.ts';

const messages: readonly HubMessage[] = sampleRun(0, 10).messages.map(({ body }, sequenceNumber) => ({
  hub: 'joined',
  partition: 0,
  sequenceNumber,
  offset: String(sequenceNumber),
  enqueuedAt: 0,
  body,
}));

/** Hands out messages in arrivals of the given sizes; 0 is an arrival of nothing. */
async function* arrivals(...sizes: readonly number[]) {
  let from = 0;
  for (const size of sizes) {
    yield messages.slice(from, from + size);
    from += size;
  }
}

const shapes = async (source: AsyncIterable<readonly HubMessage[]>, batchEvents: number, lingerMs: number) => {
  const found: string[] = [];
  for await (const { firstSequenceNumber, lastSequenceNumber, entries } of gather(source, 'joined', { batchEvents, lingerMs }))
    found.push(`${firstSequenceNumber}-${lastSequenceNumber}: ${entries.length}`);
  return found;
};

test.for([
  { name: 'what is left at the end is a batch', sizes: [6], batchEvents: 100, then: ['0-5: 16'] },
  { name: 'a batch ends with the message that fills it', sizes: [6], batchEvents: 5, then: ['0-1: 6', '2-3: 6', '4-5: 4'] },
  { name: 'a batch may span arrivals', sizes: [1, 0, 2, 3], batchEvents: 9, then: ['0-2: 9', '3-5: 7'] },
  { name: 'where nothing comes there is no batch', sizes: [0, 0], batchEvents: 5, then: [] },
])('$name', async ({ sizes, batchEvents, then }) => {
  expect(await shapes(arrivals(...sizes), batchEvents, 60_000)).toEqual(then);
});

test('a batch that nothing fills goes when its time is up', async () => {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  const slow = async function* () {
    yield messages.slice(0, 2);
    await stopped;
  };
  const batches = gather(slow(), 'joined', { batchEvents: 100, lingerMs: 1 });
  expect((await batches.next()).value).toMatchObject({ firstSequenceNumber: 0, lastSequenceNumber: 1 });
  stop();
  expect(await batches.next()).toEqual({ done: true, value: undefined });
});
