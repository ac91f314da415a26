import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmulator } from '@boxoffice/event-hubs-emulator';
import { createCheckpointStore, openDocuments, openHubs } from '@boxoffice/hubs';
import type { Hubs } from '@boxoffice/hubs';
import { bookingPaymentJoined, bookingPlaced, eventQuarantined, joinProgress, readMessage, writeEvent } from '@boxoffice/schemas';
import { createLogger } from '@boxoffice/service-kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { booking as bookingAt, payment as paymentAt } from './fixtures/events.ts';
import { inputs } from './inputs.ts';
import { createJoiner } from './joiner.ts';

let folder: string;
let emulator: Awaited<ReturnType<typeof startEmulator>>;
let hubs: Hubs;
const log = createLogger('joiner', 'silent');
const hub = { partitions: 2, consumerGroups: ['joiner'] };

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'joiner-'));
  const topology = { bookings: hub, payments: hub, joined: hub, quarantine: hub, narrow: { partitions: 1 } };
  emulator = await startEmulator({ hubs: topology, dataDirectory: path.join(folder, 'hubs'), port: 0 });
  hubs = openHubs({ eventHubsConnectionString: emulator.connectionString }, log);
});
afterAll(async () => {
  await hubs[Symbol.asyncDispose]();
  await emulator[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const minute = 60_000;
const anHourAgo = Date.now() - 60 * minute;
const booking = (name: string, at: number) => bookingAt(name, anHourAgo + at * minute, { id: name });
const payment = (name: string, at: number) => paymentAt(name, anHourAgo + at * minute, 'captured', { id: `${name}-p` });

const publish = (name: string, events: readonly { subject: string }[]) =>
  hubs.publisher(name).publish(events.map((event) => ({ ...writeEvent(event), key: event.subject })));

/** Runs a joiner until both inputs are covered by checkpoints and nothing is open, then stops it; returns its pairs. */
const joinAll = async (env: Record<string, string> = {}) => {
  const config = readConfig({
    EVENT_HUBS_CONNECTION_STRING: emulator.connectionString,
    CHECKPOINT_DIRECTORY: path.join(folder, 'checkpoints'),
    CHECKPOINT_EVERY_MS: '10',
    IDLE_AFTER_MS: '1',
    ...env,
  });
  const stop = new AbortController();
  const documents = openDocuments(config);
  const joiner = createJoiner({
    config,
    hubs,
    documents,
    store: createCheckpointStore(documents),
    instanceId: 'only',
    knowledge: { showOf: () => null, bookings: bookingPlaced },
    mirror: { note: () => undefined },
    log,
    signal: stop.signal,
    giveUp: new AbortController().signal,
  });
  const running = joiner.run();
  await Promise.race([
    running,
    expect
      .poll(
        async () => {
          const ends = await Promise.all(
            joiner.pairs().flatMap(({ partition, checkpoint, run }) =>
              inputs.map(async (input) => {
                const { lastSequenceNumber } = await hubs.partitionState(input, partition);
                return (checkpoint?.readTo[input] ?? -2) >= lastSequenceNumber && run?.pair.lastClose() === undefined;
              }),
            ),
          );
          return ends.length > 0 && ends.every(Boolean);
        },
        { timeout: 25_000 },
      )
      .toBe(true),
  ]);
  stop.abort();
  await running;
  return joiner.pairs();
};

const everything = async (name: string) => {
  const count = await hubs.partitionCount(name);
  const found = [];
  for (let partition = 0; partition < count; partition++) {
    const { lastSequenceNumber: last } = await hubs.partitionState(name, partition);
    const stop = new AbortController();
    if (last >= 0)
      for await (const batch of hubs.read({ hub: name, group: '$Default', partition, from: 'earliest', signal: stop.signal })) {
        for (const { body, sequenceNumber } of batch) {
          found.push(...readMessage(body, [bookingPaymentJoined, joinProgress, eventQuarantined]));
          if (sequenceNumber === last) stop.abort();
        }
      }
  }
  return found.flatMap((reading) => (reading.ok ? [reading.event] : []));
};

test('pairs are matched, the rest is told apart by ticks, and what cannot be read is in quarantine', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `b${index}`);
  await publish(
    'bookings',
    names.map((name, index) => booking(name, index / 10)),
  );
  await publish(
    'payments',
    names.slice(0, 30).map((name, index) => payment(name, 2 + index / 10)),
  );
  await publish('payments', [payment('orphan', 3)]);
  await hubs.publisher('bookings').publish([{ body: Buffer.from('{'), contentType: 'text/plain', partition: 0 }]);
  const pairs = await joinAll();
  const events = await everything('joined');
  const ids = new Set(events.map(({ id }) => id.split(':').slice(0, 2).join(':')));
  expect(names.filter((name) => ids.has(`booking-opened:${name}`))).toEqual(names);
  expect(names.filter((name) => ids.has(`matched:${name}`))).toEqual(names.slice(0, 30));
  expect(names.filter((name) => ids.has(`booking-unmatched:${name}`))).toEqual(names.slice(30));
  expect(ids.has('payment-unmatched:orphan')).toBe(true);
  expect((await everything('quarantine')).map(({ data }) => data)).toMatchObject([
    { reason: 'malformed-json', origin: { hub: 'bookings', partition: 0 } },
  ]);
  const received = pairs.reduce((sum, pair) => sum + (pair.checkpoint?.ledger.received ?? 0), 0);
  expect(received).toBe(40 + 31 + 1);
});

test('a joiner that starts again goes on where the last one was, and says nothing twice', async () => {
  const before = await everything('joined');
  await publish('bookings', [booking('next', 30)]);
  await publish('payments', [payment('next', 31)]);
  const pairs = await joinAll();
  const after = await everything('joined');
  const fresh = after.filter(({ id, type }) => type === 'booking-payment.joined' && !before.some((each) => each.id === id));
  expect(fresh.map(({ id }) => id).toSorted((a, b) => a.localeCompare(b))).toEqual([
    'booking-opened:next',
    'matched:next:next-p',
  ]);
  const joined = after.filter(({ type }) => type === 'booking-payment.joined').map(({ id }) => id);
  expect(new Set(joined).size).toBe(joined.length);
  expect(pairs.map(({ checkpoint }) => checkpoint?.generation)).toEqual([2, 2]);
});

test('hubs that differ in their partition counts are refused, with the counts', async () => {
  await expect(joinAll({ JOINED_HUB: 'narrow' })).rejects.toThrow(/joined has|narrow has 1/);
});
