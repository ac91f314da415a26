import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEmulator } from './emulator.ts';
import { expiredSegments } from './retention.ts';
import { connectSdk, temporaryDirectory } from './sdk-fixture.ts';

// A token is a segment: its size, and the time of its newest event.
const segments = (tokens: string) =>
  tokens.split(' ').map((token) => {
    const [size, modifiedAt] = token.split('@').map(Number);
    return { size: size!, modifiedAt: modifiedAt! };
  });

test.for([
  { name: 'without limits everything stays', log: '10@1 10@2 10@3', limits: {}, then: 0 },
  { name: 'a segment goes when its newest event is too old', log: '10@49 10@60 10@70', limits: { retentionMs: 50 }, then: 1 },
  { name: 'an event as old as the limit stays', log: '10@50 10@60', limits: { retentionMs: 50 }, then: 0 },
  { name: 'the newest segment stays, however old', log: '10@1 10@2', limits: { retentionMs: 50 }, then: 1 },
  { name: 'the oldest go while there are too many bytes', log: '10@1 10@2 10@3 10@4', limits: { retentionBytes: 25 }, then: 2 },
  { name: 'exactly the limit stays', log: '10@1 10@2', limits: { retentionBytes: 20 }, then: 0 },
  { name: 'either limit is enough', log: '10@1 10@90 10@95 10@99', limits: { retentionMs: 50, retentionBytes: 25 }, then: 2 },
])('$name', ({ log, limits, then }) => {
  expect(expiredSegments(segments(log), limits, 100)).toBe(then);
});

test('what retention lets go moves the beginning of the partition, and receivers from the earliest begin there', async () => {
  await using directory = await temporaryDirectory();
  const limits = { retentionMs: 400, segmentBytes: 4000 };
  const options = { hubs: { bookings: { partitions: 1 } }, dataDirectory: directory.path, ...limits };
  let kept: number;
  {
    await using emulator = await startEmulator(options);
    await using sdk = connectSdk(emulator.connectionString);
    const producer = sdk.producer();
    const beginning = async () => (await producer.getPartitionProperties('0')).beginningSequenceNumber;
    let sent = 0;
    while ((await beginning()) < 20)
      sent += await producer.sendBatch([{ body: 'x'.repeat(500) }], { partitionId: '0' }).then(() => 1);
    // A receiver that starts where events are already gone gets the oldest that are left.
    const [event] = await sdk.read({ position: { sequenceNumber: 3, isInclusive: true }, count: 1 });
    expect(event!.sequenceNumber).toBeGreaterThanOrEqual(20);
    // The newest segment goes too, once all of it is too old.
    while ((await beginning()) < sent);
    expect(await producer.getPartitionProperties('0')).toMatchObject({ isEmpty: true, lastEnqueuedSequenceNumber: sent - 1 });
    kept = sent;
  }
  expect(await readdir(join(directory.path, 'bookings', '0'))).toHaveLength(1);
  await using emulator = await startEmulator(options);
  await using sdk = connectSdk(emulator.connectionString);
  await sdk.producer().sendBatch([{ body: 'next' }], { partitionId: '0' });
  expect(await sdk.read({ count: 1 })).toMatchObject([{ body: 'next', sequenceNumber: kept }]);
});
