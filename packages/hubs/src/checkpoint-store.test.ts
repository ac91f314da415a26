import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PartitionOwnership } from '@azure/event-hubs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCheckpointStore, openDocuments } from './index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'checkpoint-store-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A store over a folder of that name, as one more process would open it. */
const open = (name: string, now?: () => number) =>
  createCheckpointStore(openDocuments({ checkpointDirectory: path.join(folder, name) }), now);

const group = { fullyQualifiedNamespace: 'localhost', eventHubName: 'orders', consumerGroup: '$Default' };
const record = (partitionId: string, ownerId: string, etag?: string): PartitionOwnership => ({
  ...group,
  partitionId,
  ownerId,
  ...(etag !== undefined && { etag }),
});
const checkpoint = (sequenceNumber: number) => ({ ...group, partitionId: '0', sequenceNumber, offset: `${sequenceNumber}` });
const list = (store: ReturnType<typeof open>) => store.listOwnership('localhost', 'orders', '$Default');

test('of those who claim a partition at once exactly one wins, and the records say who', async () => {
  const claimants = ['a', 'b', 'c'].map((owner) => ({ owner, store: open('race') }));
  const partitions = ['0', '1', '2', '3'];
  let etags = new Map<string, string | undefined>();
  for (let round = 0; round < 15; round++) {
    const won = await Promise.all(
      claimants.map(({ owner, store }) =>
        store.claimOwnership(partitions.map((partition) => record(partition, owner, etags.get(partition)))),
      ),
    );
    const winners = won.flat().toSorted((a, b) => a.partitionId.localeCompare(b.partitionId));
    expect(winners.map(({ partitionId }) => partitionId)).toEqual(partitions);
    const found = await list(open('race'));
    expect(found.toSorted((a, b) => a.partitionId.localeCompare(b.partitionId))).toEqual(winners);
    etags = new Map(found.map(({ partitionId, etag }) => [partitionId, etag]));
  }
});

test('a claim upon an older state is left out, and the others of the same call succeed', async () => {
  const store = open('stale');
  const [first] = await store.claimOwnership([record('0', 'a')]);
  await store.claimOwnership([record('0', 'b', first?.etag)]);
  const claimed = await store.claimOwnership([record('0', 'a', first?.etag), record('1', 'a'), record('0', 'a')]);
  expect(claimed).toMatchObject([{ partitionId: '1', ownerId: 'a' }]);
});

test('a record carries the time of its claim, and what was released has no owner', async () => {
  let now = 1000;
  const store = open('time', () => now);
  const [claimed] = await store.claimOwnership([record('0', 'a')]);
  expect(claimed).toMatchObject({ ...group, partitionId: '0', ownerId: 'a', lastModifiedTimeInMs: 1000 });
  now = 2000;
  await store.claimOwnership([{ ...record('0', ''), ...(claimed?.etag !== undefined && { etag: claimed.etag }) }]);
  expect(await list(store)).toMatchObject([{ ownerId: '', lastModifiedTimeInMs: 2000 }]);
});

test('names that differ in case only are one group, and names that begin alike are not', async () => {
  const store = open('names');
  const others = [
    { eventHubName: 'orders-eu' },
    { consumerGroup: '$Default-0' },
    { eventHubName: 'orders-', consumerGroup: 'x' },
    { fullyQualifiedNamespace: 'local' },
  ];
  await store.claimOwnership([record('0', 'a'), ...others.map((other) => ({ ...record('0', 'other'), ...other }))]);
  expect(await store.listOwnership('LOCALHOST', 'Orders', '$default')).toMatchObject([{ ownerId: 'a' }]);
  expect(await store.claimOwnership([{ ...record('0', 'b'), eventHubName: 'ORDERS' }])).toEqual([]);
  await store.updateCheckpoint({ ...group, eventHubName: 'ORDERS', partitionId: '0', sequenceNumber: 1, offset: '10' });
  expect(await store.listCheckpoints('localhost', 'orders', '$Default')).toMatchObject([{ sequenceNumber: 1, offset: '10' }]);
  expect(await store.listCheckpoints('localhost', 'orders-eu', '$Default')).toEqual([]);
});

test('whoever writes a checkpoint succeeds, and the last one stands', async () => {
  const numbers = [1, 2, 3, 4, 5];
  await Promise.all(numbers.map((number) => open('checkpoints').updateCheckpoint(checkpoint(number))));
  const store = open('checkpoints');
  const read = () => store.listCheckpoints('localhost', 'orders', '$Default');
  expect(numbers).toContain((await read())[0]?.sequenceNumber);
  await store.updateCheckpoint(checkpoint(0));
  expect(await read()).toEqual([checkpoint(0)]);
});

test('a damaged document is an error that names it', async () => {
  const documents = openDocuments({ checkpointDirectory: path.join(folder, 'damaged') });
  await documents.write('ownership/localhost/orders/$default/3', { ownerId: 7 }, undefined);
  await documents.write('checkpoint/localhost/orders/$default/3', { sequenceNumber: 1 }, undefined);
  const store = open('damaged');
  await expect(list(store)).rejects.toThrow(/ownership\/localhost\/orders\/\$default\/3 is damaged: {"ownerId":7}/);
  await expect(store.listCheckpoints('localhost', 'orders', '$Default')).rejects.toThrow(/checkpoint\/.*offset/s);
});
