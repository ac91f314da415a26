import { DocumentConflictError } from '@boxoffice/hubs';
import { expect, test } from 'vitest';
import { claimed, freshCheckpoint } from './checkpoint.ts';
import type { PairCheckpoint } from './checkpoint.ts';
import { createFakeBroker, createLife } from './fixtures/fake-broker.ts';
import { changePair, claimPair } from './pair-document.ts';

const settings = { beforeMs: 1, afterMs: 1, boundMs: 1, skewMs: 1 };
const claim = (found: PairCheckpoint | undefined) => claimed(found ?? freshCheckpoint(settings), settings);
// Every write is stored some time before its writer hears of it.
const storeOf = () => createFakeBroker(() => 0).storeFor(createLife());

test('an owner that looks at its document while it writes it finds it its own', async () => {
  const document = await claimPair(storeOf(), 'pair', claim);
  const next = { ...document.written, closedTo: 7 };
  await expect(Promise.all([document.write(next), document.confirm(), document.write(next)])).resolves.toBeDefined();
  expect(document.written.closedTo).toBe(7);
});

test('an owner whose document was claimed or changed can neither write nor confirm it', async () => {
  const store = storeOf();
  const first = await claimPair(store, 'pair', claim);
  const second = await claimPair(store, 'pair', claim);
  expect(second.written.generation).toBe(2);
  await expect(first.confirm()).rejects.toThrow(DocumentConflictError);
  await expect(first.write(first.written)).rejects.toThrow(DocumentConflictError);
  await changePair(store, 'pair', (found) => ({ ...found, closedTo: 1 }));
  await expect(second.confirm()).rejects.toThrow(DocumentConflictError);
});

test('a document that is no checkpoint is named, with what is wrong with it', async () => {
  const store = storeOf();
  await store.write('pair', { generation: -1 }, undefined);
  await expect(claimPair(store, 'pair', claim)).rejects.toThrow(/document pair: is no checkpoint of a pair:[^]*generation/);
});
