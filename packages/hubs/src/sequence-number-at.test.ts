import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmulator } from '@boxoffice/event-hubs-emulator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HubError, openHubs } from './index.ts';
import type { HubMessage, Hubs } from './index.ts';

let folder: string;
let emulator: Awaited<ReturnType<typeof startEmulator>>;
let hubs: Hubs;
const settings = (port: number) => ({
  eventHubsConnectionString: `Endpoint=sb://localhost:${port};SharedAccessKeyName=k;SharedAccessKey=v;UseDevelopmentEmulator=true`,
});
const log = { warn: () => undefined };

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sequence-number-at-'));
  const topology = { orders: { partitions: 2, consumerGroups: ['one'] } };
  emulator = await startEmulator({ hubs: topology, dataDirectory: path.join(folder, 'hubs'), port: 0 });
  hubs = openHubs(settings(emulator.port), log);
});
afterAll(async () => {
  await hubs[Symbol.asyncDispose]();
  await emulator[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const publish = (to: Hubs, partition: number) =>
  to.publisher('orders').publish([{ body: Buffer.from('x'), contentType: 'text/plain', partition }]);

test('the first message at or after an instant is found, before, between and behind all, beside a reader with an owner level', async () => {
  for (let round = 0; round < 8; round++) await publish(hubs, 0);
  const { lastSequenceNumber } = await hubs.partitionState('orders', 0);
  const stop = new AbortController();
  const options = { hub: 'orders', group: 'one', partition: 0, from: 'earliest', ownerLevel: 3, signal: stop.signal } as const;
  const reading = hubs.read(options);
  const messages: HubMessage[] = [];
  const readTo = async (sequenceNumber: number) => {
    while (messages.length <= sequenceNumber) messages.push(...((await reading.next()).value ?? []));
  };
  await readTo(lastSequenceNumber);

  const times = messages.map(({ enqueuedAt }) => enqueuedAt);
  const instants = new Set([0, Date.now() + 60_000, ...times.flatMap((at) => [at - 1, at - 0.5, at, at + 1])]);
  for (const instant of instants) {
    const first = messages.find(({ enqueuedAt }) => enqueuedAt >= instant)?.sequenceNumber ?? lastSequenceNumber + 1;
    expect(`${instant}: ${await hubs.sequenceNumberAt('orders', 0, instant)}`).toBe(`${instant}: ${first}`);
  }
  await publish(hubs, 0);
  await readTo(lastSequenceNumber + 1);
  stop.abort();
  await reading.next();
});

test('where nothing ever came it is the first, and nothing is read for that', async () => {
  expect(await hubs.partitionState('orders', 1)).toEqual({
    beginSequenceNumber: -1,
    lastSequenceNumber: -1,
    lastEnqueuedAt: 0,
    lastOffset: '-1',
    isEmpty: true,
  });
  const stop = new AbortController();
  const options = { hub: 'orders', group: '$Default', from: 'earliest', ownerLevel: 1, signal: stop.signal } as const;
  const holders = [0, 1].map((partition) => hubs.read({ ...options, partition }));
  await Promise.all(holders.map((holder) => holder.next()));
  expect(await hubs.sequenceNumberAt('orders', 1, 0)).toBe(0);
  await expect(hubs.sequenceNumberAt('orders', 0, 0)).rejects.toBeInstanceOf(HubError);
  stop.abort();
  await Promise.all(holders.map((holder) => holder.next()));
});

test('a partition that retention has emptied keeps its numbers, and the next message is the first', async () => {
  const options = { hubs: { orders: { partitions: 1 } }, dataDirectory: path.join(folder, 'emptied'), retentionMs: 300 };
  const startedAt = Date.now();
  const emptied = { beginSequenceNumber: 2, lastSequenceNumber: 1, isEmpty: true };
  {
    await using short = await startEmulator(options);
    await using client = openHubs(settings(short.port), log);
    await publish(client, 0);
    await publish(client, 0);
    await expect.poll(() => client.partitionState('orders', 0), { timeout: 20_000 }).toMatchObject(emptied);
    expect((await client.partitionState('orders', 0)).lastEnqueuedAt).toBeGreaterThanOrEqual(startedAt);
    expect(await client.sequenceNumberAt('orders', 0, startedAt)).toBe(2);
  }
  await using restarted = await startEmulator(options);
  await using client = openHubs(settings(restarted.port), log);
  expect(await client.partitionState('orders', 0)).toEqual({ ...emptied, lastEnqueuedAt: 0, lastOffset: '-1' });
  expect(await client.sequenceNumberAt('orders', 0, startedAt)).toBe(2);
});

test('a look-up that cannot succeed says why, and one whose broker is away ends when it is asked to', async () => {
  await expect(hubs.sequenceNumberAt('nowhere', 0, 0)).rejects.toBeInstanceOf(HubError);
  await using away = openHubs(settings(1), log);
  const stop = new AbortController();
  const looking = away.sequenceNumberAt('orders', 0, 0, stop.signal);
  await expect.poll(() => away.health().ok, { timeout: 20_000 }).toBe(false);
  stop.abort(new Error('enough'));
  await expect(looking).rejects.toThrow('enough');
});
