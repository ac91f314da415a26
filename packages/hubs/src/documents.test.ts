import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DocumentConflictError, openDocuments } from './index.ts';

let checkpointDirectory: string;
beforeAll(async () => {
  checkpointDirectory = await mkdtemp(path.join(tmpdir(), 'documents-'));
});
afterAll(() => rm(checkpointDirectory, { recursive: true, force: true }));

test('a document is what was last written, for whoever opens the folder', async () => {
  const store = openDocuments({ checkpointDirectory });
  expect(await store.read('pair/0')).toBeUndefined();
  const first = await store.write('pair/0', { a: 1 }, undefined);
  await store.write('pair/0', { a: 2 }, first);
  expect(await openDocuments({ checkpointDirectory }).read('pair/0')).toMatchObject({ value: { a: 2 } });
  expect(await store.read('pair/1')).toBeUndefined();
});

test('who has not read the newest state cannot write', async () => {
  const store = openDocuments({ checkpointDirectory });
  const first = await store.write('stale', 1, undefined);
  await expect(store.write('stale', 2, undefined)).rejects.toBeInstanceOf(DocumentConflictError);
  const second = await store.write('stale', 3, first);
  await expect(store.write('stale', 4, first)).rejects.toBeInstanceOf(DocumentConflictError);
  expect(await store.read('stale')).toEqual({ value: 3, etag: second });
});

test('of many who write at once one succeeds, and its value stands', async () => {
  const store = openDocuments({ checkpointDirectory });
  let etag: string | undefined;
  for (let round = 0; round < 20; round++) {
    const tries = await Promise.allSettled(Array.from({ length: 8 }, (_, each) => store.write('race', each, etag)));
    const winners = tries.flatMap((result, each) => (result.status === 'fulfilled' ? [each] : []));
    expect(winners).toHaveLength(1);
    const found = await store.read('race');
    expect(found?.value).toBe(winners[0]);
    etag = found?.etag;
  }
});

test('the folder does not grow with the writes', async () => {
  const store = openDocuments({ checkpointDirectory });
  let etag: string | undefined;
  for (let n = 0; n < 10; n++) etag = await store.write('small', n, etag);
  expect((await readdir(path.join(checkpointDirectory, 'small'))).length).toBeLessThanOrEqual(2);
});

test('the documents whose names begin alike are listed, written ones only', async () => {
  const store = openDocuments({ checkpointDirectory: path.join(checkpointDirectory, 'listed') });
  expect(await store.list('')).toEqual([]);
  for (const name of ['a/$x/0', 'a/$x/1', 'a/$xy', 'b', 'a ü']) await store.write(name, 1, undefined);
  await mkdir(path.join(checkpointDirectory, 'listed', encodeURIComponent('a/$x/begun')));
  expect((await store.list('a/$x/')).toSorted()).toEqual(['a/$x/0', 'a/$x/1']);
  expect(await store.list('a ü')).toEqual(['a ü']);
  expect(await store.list('')).toHaveLength(5);
});
