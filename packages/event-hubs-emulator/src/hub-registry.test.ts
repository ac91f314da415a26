import { expect, test } from 'vitest';
import { startEmulator } from './emulator.ts';
import { emulatorWithSdk, temporaryDirectory } from './sdk-fixture.ts';

const notFound = { name: 'MessagingError', code: 'MessagingEntityNotFoundError' };

test('an unknown hub is not found: by management, by a sender, by a receiver', async () => {
  await using sdk = await emulatorWithSdk();
  await expect(sdk.producer('nosuch').getEventHubProperties()).rejects.toMatchObject(notFound);
  await expect(sdk.producer('nosuch').sendBatch([{ body: 1 }])).rejects.toMatchObject(notFound);
  await expect(sdk.read({ consumer: sdk.consumer('nosuch'), count: 1 })).rejects.toMatchObject(notFound);
});

test('an unknown consumer group is not found', async () => {
  await using sdk = await emulatorWithSdk();
  await expect(sdk.read({ consumer: sdk.consumer('bookings', 'nosuch'), count: 1 })).rejects.toMatchObject(notFound);
});

test('an unknown partition is out of range: by management, by a sender, by a receiver', async () => {
  await using sdk = await emulatorWithSdk();
  const outOfRange = { code: 'ArgumentOutOfRangeError' };
  await expect(sdk.producer().getPartitionProperties('4')).rejects.toMatchObject(outOfRange);
  await expect(sdk.producer().sendBatch([{ body: 1 }], { partitionId: '4' })).rejects.toMatchObject(outOfRange);
  await expect(sdk.read({ partition: '4', count: 1 })).rejects.toMatchObject(outOfRange);
});

test('management tells the properties of a hub and of its partitions', async () => {
  await using sdk = await emulatorWithSdk();
  const producer = sdk.producer('BOOKINGS');
  expect(await producer.getEventHubProperties()).toMatchObject({ name: 'bookings', partitionIds: ['0', '1', '2', '3'] });
  await producer.sendBatch([{ body: 1 }, { body: 2 }], { partitionId: '1' });
  const [last] = (await sdk.read({ partition: '1', count: 2 })).slice(-1);
  expect(await producer.getPartitionProperties('1')).toEqual({
    eventHubName: 'bookings',
    partitionId: '1',
    beginningSequenceNumber: 0,
    lastEnqueuedSequenceNumber: 1,
    lastEnqueuedOffset: last?.offset,
    lastEnqueuedOnUtc: last?.enqueuedTimeUtc,
    isEmpty: false,
  });
});

test.for<[string, Record<string, { partitions: number; consumerGroups?: string[] }>, string]>([
  ['no partitions', { bookings: { partitions: 0 } }, `hub 'bookings': partitions is 0`],
  ['a path for a name', { '../x': { partitions: 1 } }, `hub '../x'`],
  ['two names that differ by case', { Bookings: { partitions: 1 }, bookings: { partitions: 1 } }, 'letter case'],
  ['a bad group', { bookings: { partitions: 1, consumerGroups: ['a b'] } }, `'a b'`],
])('%s: the server does not start and says why', async ([, hubs, message]) => {
  await using directory = await temporaryDirectory();
  await expect(startEmulator({ hubs, dataDirectory: directory.path })).rejects.toThrow(message);
});

test('another partition count than that of the data is refused, and the right one still works', async () => {
  await using directory = await temporaryDirectory();
  const start = (partitions: number) => startEmulator({ hubs: { bookings: { partitions } }, dataDirectory: directory.path });
  await (await start(4))[Symbol.asyncDispose]();
  await expect(start(8)).rejects.toThrow(/created with 4 partitions, and 8/);
  await (await start(4))[Symbol.asyncDispose]();
});
