import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assignPartitions, createCheckpointStore, openDocuments } from './index.ts';
import type { AssignmentOptions } from './index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'assignment-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const hour = 3_600_000;
const silent = { warn: () => undefined };
const openStore = (name: string, now?: () => number) =>
  createCheckpointStore(openDocuments({ checkpointDirectory: path.join(folder, name) }), now);

/** Takes part in a test's group; the lease is so long that nobody expires unless the test's clock says so. */
const options = (name: string, instanceId: string, more: Partial<AssignmentOptions> = {}): AssignmentOptions => ({
  store: openStore(name, more.now),
  namespace: 'localhost',
  hub: 'orders',
  group: 'joiner',
  partitions: 4,
  instanceId,
  leaseMs: hour,
  everyMs: 1,
  log: silent,
  signal: new AbortController().signal,
  ...more,
});
const inOrder = (numbers: Iterable<number>) => [...numbers].toSorted((a, b) => a - b).join(' ');
const next = async (assignment: ReturnType<typeof assignPartitions>) => {
  const { value, done } = await assignment.next();
  return done ? 'ended' : inOrder(value ?? []);
};
const owners = async (name: string) => {
  const records = await openStore(name).listOwnership('localhost', 'orders', 'joiner');
  return Object.fromEntries(records.map(({ partitionId, ownerId }) => [partitionId, ownerId]));
};

/** An instance at work, as a service runs it. */
const run = (name: string, instanceId: string) => {
  const stop = new AbortController();
  let mine: ReadonlySet<number> = new Set();
  const done = (async () => {
    for await (const set of assignPartitions(options(name, instanceId, { signal: stop.signal }))) mine = set;
  })();
  return {
    mine: () => [...mine],
    async stop() {
      stop.abort();
      await done;
    },
  };
};

test('the first look is at once, and takes all when nobody else is there', async () => {
  const assignment = assignPartitions(options('first', 'a', { everyMs: hour }));
  expect(await next(assignment)).toBe('0 1 2 3');
  expect(await owners('first')).toEqual({ 0: 'a', 1: 'a', 2: 'a', 3: 'a' });
  await assignment.return();
});

test('instances share all partitions fairly, and those of one that leaves go to the others at once', async () => {
  const fleet = ['a', 'b', 'c'].map((id) => run('fleet', id));
  /** How many each has, and all of them. */
  const shares = () => {
    const each = fleet.map((instance) => instance.mine());
    return `${inOrder(each.map(({ length }) => length))}: ${inOrder(each.flat())}`;
  };
  await expect.poll(shares, { timeout: 20_000 }).toBe('1 1 2: 0 1 2 3');
  await fleet.pop()?.stop();
  await expect.poll(shares, { timeout: 20_000 }).toBe('2 2: 0 1 2 3');
  await Promise.all(fleet.map((each) => each.stop()));
  expect(await owners('fleet')).toEqual({ 0: '', 1: '', 2: '', 3: '' });
});

test('who died keeps its partitions until its lease ends, and then loses them', async () => {
  let now = 1_000_000;
  const clock = { now: () => now, leaseMs: 1000 };
  const dead = assignPartitions(options('died', 'dead', clock));
  expect(await next(dead)).toBe('0 1 2 3');
  const heir = assignPartitions(options('died', 'heir', clock));
  expect(await next(heir)).toBe('2');
  now += 500;
  expect(await next(heir)).toBe('2 3');
  now += 499;
  expect(await next(heir)).toBe('2 3');
  now += 1;
  expect(await next(heir)).toBe('0 1 2 3');
  await heir.return();
});

test('who is started again under its id has at once what it had, and who leaves releases its own only', async () => {
  await next(assignPartitions(options('again', 'a')));
  const other = assignPartitions(options('again', 'b'));
  await next(other);
  await next(other);
  const again = assignPartitions(options('again', 'a'));
  expect(await next(again)).toBe('0 1');
  await other.return();
  expect(await owners('again')).toEqual({ 0: 'a', 1: 'a', 2: '', 3: '' });
  await again.return();
});

test('on abort the caller may first end its work: only then are the partitions released', async () => {
  const stop = new AbortController();
  const assignment = assignPartitions(options('abort', 'a', { everyMs: hour, signal: stop.signal }));
  await next(assignment);
  const waiting = next(assignment);
  stop.abort();
  expect(await waiting).toBe('');
  expect(Object.values(await owners('abort'))).toEqual(['a', 'a', 'a', 'a']);
  expect(await next(assignment)).toBe('ended');
  expect(Object.values(await owners('abort'))).toEqual(['', '', '', '']);
});

test('while the store is away it is reported once and asked again, and the last set stands', async () => {
  let away = false;
  let refused = 0;
  const warnings: string[] = [];
  const inner = openStore('away');
  const store: AssignmentOptions['store'] = {
    listOwnership(...args) {
      if (!away) return inner.listOwnership(...args);
      refused += 1;
      return Promise.reject(new Error('disk on fire'));
    },
    claimOwnership: (...args) => inner.claimOwnership(...args),
  };
  const log = { warn: (details: object, message: string) => void warnings.push(`${message}: ${JSON.stringify(details)}`) };
  const assignment = assignPartitions(options('away', 'a', { store, log }));
  for (let time = 1; time <= 2; time++) {
    expect(await next(assignment)).toBe('0 1 2 3');
    away = true;
    refused = 0;
    const waiting = next(assignment);
    await expect.poll(() => refused).toBeGreaterThan(3);
    expect(warnings).toHaveLength(time);
    away = false;
    expect(await waiting).toBe('0 1 2 3');
  }
  expect(warnings[0]).toMatch(/does not answer.*orders.*joiner/);
  await assignment.return();
});
