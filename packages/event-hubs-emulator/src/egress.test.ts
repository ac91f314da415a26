import { earliestEventPosition, latestEventPosition, type EventPosition, type ReceivedEventData } from '@azure/event-hubs';
import { expect, test } from 'vitest';
import { emulatorWithSdk } from './sdk-fixture.ts';

const numbers = (events: readonly ReceivedEventData[]): number[] => events.map(({ sequenceNumber }) => sequenceNumber);

/** Ten events in five batches, so that positions fall on batches and between them. */
async function withTenEvents() {
  const sdk = await emulatorWithSdk({ bookings: { partitions: 1, consumerGroups: ['joiner'] } });
  const producer = sdk.producer();
  for (let n = 0; n < 10; n += 2) {
    await producer.sendBatch([{ body: n }, { body: n + 1 }], { partitionId: '0' });
    // Times tell batches apart only when the clock has moved.
    const sent = Date.now();
    while (Date.now() === sent);
  }
  const all = await sdk.read({ count: 10 });
  return { sdk, producer, all };
}

type Cases = [name: string, position: (all: readonly ReceivedEventData[]) => EventPosition, first: number][];
const cases: Cases = [
  ['earliest', () => earliestEventPosition, 0],
  ['after a sequence number', () => ({ sequenceNumber: 3 }), 4],
  ['at a sequence number', () => ({ sequenceNumber: 3, isInclusive: true }), 3],
  ['after an offset', (all) => ({ offset: all[6]!.offset }), 7],
  ['at an offset', (all) => ({ offset: all[6]!.offset, isInclusive: true }), 6],
  ['after an enqueued time', (all) => ({ enqueuedOn: all[5]!.enqueuedTimeUtc }), 6],
  ['after a time before the first event', () => ({ enqueuedOn: 1 }), 0],
];
test('a receiver starts where it asks to: earliest, and at or after an offset, a sequence number, a time', async () => {
  const { sdk, all } = await withTenEvents();
  await using _ = sdk;
  for (const [name, position, first] of cases) {
    const events = await sdk.read({ position: position(all), count: 10 - first });
    expect({ name, numbers: numbers(events) }).toEqual({ name, numbers: numbers(all).slice(first) });
  }
});

test('a receiver at latest gets only what comes later, at once', async () => {
  const { sdk, producer } = await withTenEvents();
  await using _ = sdk;
  const waiting = sdk.read({ position: latestEventPosition, count: 1 });
  // The subscription attaches some time; whatever is sent after that must arrive, and nothing sent before the call.
  let received = false;
  void waiting.finally(() => (received = true));
  while (!received) await producer.sendBatch([{ body: 'new' }], { partitionId: '0' });
  expect((await waiting)[0]).toMatchObject({ body: 'new' });
});

test('a receiver at the end of the log is sent new events as they come, in order', async () => {
  const { sdk, producer } = await withTenEvents();
  await using _ = sdk;
  const waiting = sdk.read({ position: { sequenceNumber: 9 }, count: 20 });
  for (let n = 10; n < 30; n++) await producer.sendBatch([{ body: n }], { partitionId: '0' });
  expect((await waiting).map(({ body }) => body)).toEqual(Array.from({ length: 20 }, (_n, i) => 10 + i));
});

test.for<[string, EventPosition, string]>([
  [
    'sequence number',
    { sequenceNumber: 50 },
    `The supplied sequence number '50' is invalid. The last sequence number in the system is '9'`,
  ],
  ['offset', { offset: '999999' }, `The supplied offset '999999' is invalid. The last offset in the system is`],
])('a %s beyond the end is refused', async ([, position, message]) => {
  const { sdk } = await withTenEvents();
  await using _ = sdk;
  const refused = sdk.read({ position, count: 1 });
  await expect(refused).rejects.toMatchObject({ code: 'ArgumentError', message: expect.stringContaining(message) });
});

test('a slow receiver and a fast one of two groups both get everything', async () => {
  await using sdk = await emulatorWithSdk({ bookings: { partitions: 1, consumerGroups: ['joiner'] } });
  const producer = sdk.producer();
  for (let i = 0; i < 8; i++)
    await producer.sendBatch(
      Array.from({ length: 500 }, (_, n) => ({ body: { n: i * 500 + n } })),
      { partitionId: '0' },
    );
  const [mine, theirs] = await Promise.all([
    sdk.read({ count: 4000 }),
    sdk.read({ count: 4000, consumer: sdk.consumer('bookings', 'JOINER') }),
  ]);
  const expected = Array.from({ length: 4000 }, (_, i) => i);
  expect(numbers(mine)).toEqual(expected);
  expect(numbers(theirs)).toEqual(expected);
});

test('two hubs are independent', async () => {
  await using sdk = await emulatorWithSdk({ bookings: { partitions: 1 }, payments: { partitions: 2 } });
  await sdk.producer('bookings').sendBatch([{ body: 'b' }], { partitionId: '0' });
  await sdk.producer('payments').sendBatch([{ body: 'p' }], { partitionId: '0' });
  expect(await sdk.read({ count: 1 })).toMatchObject([{ body: 'b', sequenceNumber: 0 }]);
  expect(await sdk.read({ count: 1, consumer: sdk.consumer('Payments') })).toMatchObject([{ body: 'p', sequenceNumber: 0 }]);
});

test('a client that leaves in the middle of a stream leaves its other links alive', async () => {
  await using sdk = await emulatorWithSdk({ bookings: { partitions: 2 } });
  const producer = sdk.producer();
  const batch = Array.from({ length: 2000 }, (_, n) => ({ body: { n } }));
  for (let i = 0; i < 5; i++) await producer.sendBatch(batch, { partitionId: '0' });
  const consumer = sdk.consumer();
  for (let i = 0; i < 3; i++) await sdk.read({ consumer, count: 1 });
  expect((await sdk.read({ consumer, count: 10_000 })).length).toBeGreaterThanOrEqual(10_000);
});

test('a receiver that asks for it is told of the end of the partition beside each event', async () => {
  await using sdk = await emulatorWithSdk({ bookings: { partitions: 1 } });
  const producer = sdk.producer();
  await producer.sendBatch([{ body: 1 }, { body: 2, contentType: 't' }, { body: 3 }], { partitionId: '0' });
  const { lastEnqueuedSequenceNumber, lastEnqueuedOffset, lastEnqueuedOnUtc } = await producer.getPartitionProperties('0');
  const told = Promise.withResolvers<unknown>();
  const subscription = sdk.consumer().subscribe(
    '0',
    {
      processEvents: async (events, { lastEnqueuedEventProperties }) => {
        if (events.length > 0) told.resolve([events.map(({ body }) => body), lastEnqueuedEventProperties]);
      },
      processError: async (error) => told.reject(error),
    },
    { maxBatchSize: 3, maxWaitTimeInSeconds: 1, startPosition: earliestEventPosition, trackLastEnqueuedEventProperties: true },
  );
  expect(await told.promise).toEqual([
    [1, 2, 3],
    {
      sequenceNumber: lastEnqueuedSequenceNumber,
      offset: lastEnqueuedOffset,
      enqueuedOn: lastEnqueuedOnUtc,
      retrievedOn: expect.any(Date),
    },
  ]);
  await subscription.close();
});
