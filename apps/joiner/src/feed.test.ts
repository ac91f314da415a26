import type { HubMessage } from '@boxoffice/hubs';
import { expect, test } from 'vitest';
import { openFeed, refill } from './feed.ts';
import type { Feed } from './feed.ts';

/** A feed whose hub gives out batches when told to. */
const controlled = (hub: string) => {
  const batches = [Promise.withResolvers<readonly HubMessage[]>()];
  const give = (...sequenceNumbers: number[]): void => {
    const messages = sequenceNumbers.map((sequenceNumber) => ({
      hub,
      partition: 0,
      sequenceNumber,
      offset: '0',
      enqueuedAt: 0,
      body: Buffer.from('{}'),
    }));
    batches.at(-1)!.resolve(messages);
    batches.push(Promise.withResolvers());
  };
  async function* read() {
    for (let next = 0; ; next++) yield await batches[next]!.promise;
  }
  const hubs = {
    read,
    partitionState: () => Promise.reject(new Error('nobody asks')),
  };
  const state = { beginSequenceNumber: -1, lastSequenceNumber: -1, lastOffset: '-1', lastEnqueuedAt: 0, isEmpty: true };
  const options = { hub, group: 'joiner', partition: 0, from: 'earliest', signal: new AbortController().signal } as const;
  return { feed: openFeed(hubs, options, state, () => 0), give };
};

const takeAll = (feed: Feed): number[] => {
  const taken: number[] = [];
  for (let head = feed.head(); head; head = feed.head()) {
    taken.push(head.sequenceNumber);
    feed.shift();
  }
  return taken;
};

test('an input that was filled after it lost the race for the other is not waited for', async () => {
  const bookings = controlled('bookings');
  const payments = controlled('payments');
  const feeds = [bookings.feed, payments.feed];

  bookings.give(0, 1);
  expect(await refill(feeds)).toBe(true);
  // The second booking has to wait for the payments, which come while something else is awaited.
  bookings.feed.shift();
  payments.give(0);
  while (!payments.feed.head()) await Promise.resolve();

  expect(await refill(feeds)).toBe(true);
  expect(takeAll(payments.feed)).toEqual([0]);
  expect(takeAll(bookings.feed)).toEqual([1]);
});

test('a batch that is being waited for is taken once, whoever asks again', async () => {
  const bookings = controlled('bookings');
  const payments = controlled('payments');
  const feeds = [bookings.feed, payments.feed];
  payments.give(0);
  await refill(feeds);
  expect(takeAll(payments.feed)).toEqual([0]);
  bookings.give(0);
  await refill(feeds);
  expect(takeAll(bookings.feed)).toEqual([0]);
  bookings.give(1);
  await refill(feeds);
  expect(takeAll(bookings.feed)).toEqual([1]);
});
