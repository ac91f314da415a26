import { partitionForKey } from '@boxoffice/partition-key';
import { expect, test } from 'vitest';
import { emulatorWithSdk } from './sdk-fixture.ts';

const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, i) => ({ body: { n: from + i } }));

test('a batch with a key goes to the partition of its hash, and its events carry the key', async () => {
  await using sdk = await emulatorWithSdk();
  const producer = sdk.producer();
  const keys = Array.from({ length: 40 }, (_, i) => `booking-é-${i}`);
  for (const key of keys) await producer.sendBatch([{ body: key }], { partitionKey: key });
  for (const partition of ['0', '1', '2', '3']) {
    const expected = keys.filter((key) => String(partitionForKey(key, 4)) === partition);
    const events = await sdk.read({ partition, count: expected.length });
    expect(events.map(({ body, partitionKey }) => [body, partitionKey])).toEqual(expected.map((key) => [key, key]));
  }
});

test('a batch for a partition goes there, in order, with contiguous sequence numbers and ascending offsets', async () => {
  await using sdk = await emulatorWithSdk();
  const producer = sdk.producer();
  for (let from = 0; from < 300; from += 100) await producer.sendBatch(numbered(100, from), { partitionId: '2' });
  const events = await sdk.read({ partition: '2', count: 300 });
  expect(events.map(({ body }) => body)).toEqual(numbered(300).map(({ body }) => body));
  expect(events.map(({ sequenceNumber }) => sequenceNumber)).toEqual(numbered(300).map(({ body }) => body.n));
  const offsets = events.map(({ offset }) => Number(offset));
  expect(offsets).toEqual([...new Set(offsets)].toSorted((a, b) => a - b));
  expect(await producer.getPartitionProperties('1')).toMatchObject({ isEmpty: true, lastEnqueuedSequenceNumber: -1 });
});

test('batches that say nothing of a partition go round', async () => {
  await using sdk = await emulatorWithSdk();
  const producer = sdk.producer();
  for (let i = 0; i < 8; i++) await producer.sendBatch(numbered(3));
  const properties = await Promise.all(['0', '1', '2', '3'].map((id) => producer.getPartitionProperties(id)));
  expect(properties.map(({ lastEnqueuedSequenceNumber }) => lastEnqueuedSequenceNumber)).toEqual([5, 5, 5, 5]);
});

const bodies: [string, unknown][] = [
  ['an object', { a: [1, 'ü', null], b: { c: true } }],
  ['a string', 'Straße \u{1F3AB}'],
  ['bytes', Buffer.from([0, 1, 2, 255])],
  ['a body of 300 kB', 'x'.repeat(300_000)],
];
test.for(bodies)('%s and its properties arrive as they were sent', async ([, body]) => {
  await using sdk = await emulatorWithSdk();
  const sent = {
    body,
    contentType: 'application/cloudevents+json',
    messageId: 'm-1',
    correlationId: 'c-1',
    properties: { text: 't', count: 7, flag: true },
  };
  await sdk.producer().sendBatch([sent], { partitionId: '0' });
  const [event] = await sdk.read({ count: 1 });
  expect(event).toMatchObject(sent);
});

test('body types other than data arrive as they were sent', async () => {
  await using sdk = await emulatorWithSdk();
  const value = { bodyType: 'value' as const, body: { k: 'v' } };
  const sequence = { bodyType: 'sequence' as const, body: [[1, 2, 3]] };
  await sdk.producer().sendBatch([value, sequence], { partitionId: '0' });
  const events = await sdk.read({ count: 2 });
  expect(events.map((event) => event.getRawAmqpMessage().bodyType)).toEqual(['value', 'sequence']);
  expect(events.map(({ body }) => body)).toEqual([value.body, sequence.body]);
});

test('createBatch sizes batches by the link, and a full one is accepted', async () => {
  await using sdk = await emulatorWithSdk();
  const producer = sdk.producer();
  const batch = await producer.createBatch({ partitionId: '0' });
  expect(batch.maxSizeInBytes).toBe(1024 * 1024);
  while (batch.tryAdd({ body: 'x'.repeat(5_000) }));
  await producer.sendBatch(batch);
  expect(await sdk.read({ count: batch.count })).toHaveLength(batch.count);
});

test('a batch over the limit is refused and the link goes on', async () => {
  await using sdk = await emulatorWithSdk();
  const producer = sdk.producer();
  const refused = producer.sendBatch([{ body: 'x'.repeat(1024 * 1024 + 1) }], { partitionId: '0' });
  await expect(refused).rejects.toMatchObject({ code: 'MessageTooLargeError' });
  await producer.sendBatch([{ body: 'small' }], { partitionId: '0' });
  expect(await sdk.read({ count: 1 })).toMatchObject([{ body: 'small', sequenceNumber: 0 }]);
});

test('more batches in flight than the link has credit for are all accepted', async () => {
  await using sdk = await emulatorWithSdk();
  const producer = sdk.producer();
  await Promise.all(Array.from({ length: 700 }, (_, n) => producer.sendBatch([{ body: { n } }], { partitionId: '0' })));
  const events = await sdk.read({ count: 700 });
  expect(new Set(events.map(({ body }) => body.n))).toHaveProperty('size', 700);
});
