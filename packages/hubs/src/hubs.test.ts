import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmulator } from '@boxoffice/event-hubs-emulator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { HubError, OwnershipLostError, openHubs } from './index.ts';
import type { HubMessage, Hubs, OutgoingMessage, Position } from './index.ts';

const topology = { orders: { partitions: 4, consumerGroups: ['one', 'two'] }, other: { partitions: 2, consumerGroups: ['one'] } };
let dataDirectory: string;
let emulator: Awaited<ReturnType<typeof startEmulator>>;
let hubs: Hubs;
const log = { warn: () => undefined };
const connect = (port: number): Hubs =>
  openHubs(
    {
      eventHubsConnectionString: `Endpoint=sb://localhost:${port};SharedAccessKeyName=k;SharedAccessKey=v;UseDevelopmentEmulator=true`,
    },
    log,
  );

beforeAll(async () => {
  dataDirectory = await mkdtemp(path.join(tmpdir(), 'hubs-'));
  emulator = await startEmulator({ hubs: topology, dataDirectory, port: 0 });
  hubs = connect(emulator.port);
});
afterAll(async () => {
  await hubs[Symbol.asyncDispose]();
  await emulator[Symbol.asyncDispose]();
  await rm(dataDirectory, { recursive: true, force: true });
});

const message = (text: string, to: { partition: number } | { key: string }): OutgoingMessage => ({
  body: Buffer.from(text),
  contentType: 'text/plain',
  ...to,
});

const collect = async (count: number, partition: number, from: Position, hub = 'orders'): Promise<HubMessage[]> => {
  const stop = new AbortController();
  const found: HubMessage[] = [];
  for await (const batch of hubs.read({ hub, group: 'one', partition, from, signal: stop.signal })) {
    found.push(...batch);
    if (found.length >= count) stop.abort();
  }
  return found;
};
const texts = (messages: readonly HubMessage[]) => messages.map(({ body }) => Buffer.from(body).toString());

test('what is published to a partition is read from it, in order, bytes and all', async () => {
  const bodies = Array.from({ length: 1500 }, (_, index) => `message ${index} é`);
  await hubs.publisher('orders').publish(bodies.map((body) => message(body, { partition: 1 })));
  const found = await collect(bodies.length, 1, 'earliest');
  expect(texts(found)).toEqual(bodies);
  expect(found.map(({ sequenceNumber }) => sequenceNumber)).toEqual(bodies.map((_, index) => index));
  expect(texts(await collect(500, 1, { after: 999 }))).toEqual(bodies.slice(1000));
  expect(await hubs.partitionState('orders', 1)).toEqual({
    beginSequenceNumber: 0,
    lastSequenceNumber: 1499,
    lastEnqueuedAt: found.at(-1)?.enqueuedAt,
    lastOffset: found.at(-1)?.offset,
    isEmpty: false,
  });
});

test('one key goes to one partition, in order', async () => {
  const keys = ['a', 'b', 'ü', 'a', 'b', 'ü', 'a'];
  await hubs.publisher('other').publish(keys.map((key, index) => message(`${key}${index}`, { key })));
  const states = await Promise.all([0, 1].map((partition) => hubs.partitionState('other', partition)));
  const found = await Promise.all(
    states.map(async ({ lastSequenceNumber }, partition) =>
      lastSequenceNumber < 0 ? [] : collect(lastSequenceNumber + 1, partition, 'earliest', 'other'),
    ),
  );
  for (const key of new Set(keys)) {
    const holding = found.map((each) => texts(each).filter((body) => body.startsWith(key))).filter((each) => each.length > 0);
    expect(holding).toEqual([keys.flatMap((each, index) => (each === key ? [`${key}${index}`] : []))]);
  }
});

test('a reader at the end is told that nothing came, and then what comes', async () => {
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const batch of hubs.read({ hub: 'orders', group: 'two', partition: 2, from: 'latest', signal: stop.signal })) {
    if (batch.length === 0 && seen.length === 0) {
      seen.push('quiet');
      await hubs.publisher('orders').publish([message('news', { partition: 2 })]);
    }
    seen.push(...texts(batch));
    if (seen.includes('news')) stop.abort();
  }
  expect(seen).toEqual(['quiet', 'news']);
});

test('who reads with a higher owner level ends who read before', async () => {
  const stop = new AbortController();
  const options = { hub: 'orders', group: 'one', partition: 3, from: 'earliest', signal: stop.signal } as const;
  const first = hubs.read({ ...options, ownerLevel: 1 });
  await first.next();
  const rival = connect(emulator.port);
  const second = rival.read({ ...options, ownerLevel: 2 });
  await second.next();
  await expect(
    (async () => {
      for await (const _ of first);
    })(),
  ).rejects.toBeInstanceOf(OwnershipLostError);
  stop.abort();
  await second.return();
  await rival[Symbol.asyncDispose]();
});

test('what the hub refuses for good is an error that says what and where', async () => {
  const { signal } = new AbortController();
  await expect(hubs.partitionCount('nowhere')).rejects.toThrow(/nowhere/);
  await expect(
    hubs.read({ hub: 'orders', group: 'nobody', partition: 0, from: 'earliest', signal }).next(),
  ).rejects.toBeInstanceOf(HubError);
  await expect(hubs.read({ hub: 'orders', group: 'one', partition: 0, from: { after: 5000 }, signal }).next()).rejects.toThrow(
    /orders\/0.*5000/,
  );
  await expect(hubs.publisher('orders').publish([message('x'.repeat(2_000_000), { partition: 0 })])).rejects.toThrow(
    /2000000 bytes is above/,
  );
});

test('while the broker is away publishing waits, and health says so; when it is back, everything arrives', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'hubs-away-'));
  const start = (port: number) => startEmulator({ hubs: { orders: { partitions: 1 } }, dataDirectory: directory, port });
  const before = await start(0);
  const { port } = before;
  const client = connect(port);
  await client.publisher('orders').publish([message('before', { partition: 0 })]);
  await before[Symbol.asyncDispose]();

  const stop = new AbortController();
  const reading = client.read({ hub: 'orders', group: '$Default', partition: 0, from: 'earliest', signal: stop.signal });
  const publishing = client.publisher('orders').publish([message('meanwhile', { partition: 0 })]);
  await expect.poll(() => client.health().ok, { timeout: 20_000 }).toBe(false);
  expect(client.health().detail).toMatch(/orders\/0: /);

  const after = await start(port);
  await publishing;
  const seen: string[] = [];
  for await (const batch of reading) {
    seen.push(...texts(batch));
    if (seen.includes('meanwhile')) stop.abort();
  }
  expect([...new Set(seen)]).toEqual(['before', 'meanwhile']);
  expect(client.health()).toMatchObject({ ok: true });
  await client[Symbol.asyncDispose]();
  await after[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

test('a reader whose broker has died this moment ends when it is asked to, and so do the hubs', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'hubs-dead-'));
  const main = fileURLToPath(import.meta.resolve('@boxoffice/event-hubs-emulator/main'));
  const broker = spawn(process.execPath, [main, '--hub', 'orders:1', '--port', '0', '--data', directory], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = await once(broker.stdout, 'data');
  const client = connect(z.object({ port: z.number() }).parse(JSON.parse(String(line))).port);
  const stop = new AbortController();
  const reading = client.read({ hub: 'orders', group: '$Default', partition: 0, from: 'earliest', signal: stop.signal });
  await reading.next();
  broker.kill('SIGKILL');
  const waiting = reading.next();
  stop.abort();
  expect(await waiting).toEqual({ done: true, value: undefined });
  await client[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});
