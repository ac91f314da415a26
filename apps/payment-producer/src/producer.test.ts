import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmulator } from '@boxoffice/event-hubs-emulator';
import { openDocuments, openHubs } from '@boxoffice/hubs';
import { createRunMetrics, openRunStore, openRuns } from '@boxoffice/runs';
import { bookings, orphanSends, orphans, paymentSends, paymentsFor, runRequest, specOf } from '@boxoffice/scenario';
import type { RunSpec } from '@boxoffice/scenario';
import { paymentProcessed, readMessage, tickEvent, writeEvent } from '@boxoffice/schemas';
import type { BookingPlaced, PaymentProcessed, Reading } from '@boxoffice/schemas';
import { createLogger, createMetrics } from '@boxoffice/service-kit';
import { describe, expect, test } from 'vitest';
import { createPaymentApp } from './app.ts';
import { readConfig } from './config.ts';
import { followBookings } from './follow-bookings.ts';
import type { Payers } from './follow-bookings.ts';
import { createProducerMetrics } from './metrics.ts';
import { runSchema } from './run-schema.ts';

const log = createLogger('payment-producer', 'silent');
const partitions = [0, 1, 2];
const specFor = (fields: object): RunSpec => specOf(runRequest.parse({ seed: 7, ...fields }), 0);
const spec = specFor({ bookings: 900, from: '2026-03-01T00:00:00Z', to: '2026-03-01T12:00:00Z', profile: 'calm' });
// Some of them come twice.
const all = [...bookings(spec)].flatMap((event, index) => (index % 20 === 0 ? [event, event] : [event]));

/** An emulator with both hubs, and lives of the service that share its checkpoints. */
const startWorld = async (env: Record<string, string> = {}) => {
  const resources = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), 'payment-producer-'));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const hub = { partitions: partitions.length, consumerGroups: ['payment-producer', 'reader'] };
  const dataDirectory = path.join(folder, 'hubs');
  const broker = resources.use(await startEmulator({ hubs: { bookings: hub, payments: hub }, dataDirectory, port: 0 }));
  const config = readConfig({
    EVENT_HUBS_CONNECTION_STRING: broker.connectionString,
    CHECKPOINT_DIRECTORY: path.join(folder, 'checkpoints'),
    CHECKPOINT_EVERY_MS: '10',
    ...env,
  });
  const hubs = resources.use(openHubs(config, { warn: () => undefined }));

  const place = (events: readonly BookingPlaced[]) =>
    hubs.publisher('bookings').publish(events.map((event) => ({ ...writeEvent(event), key: event.subject })));

  /** One life of the service, on a connection of its own. */
  const live = async () => {
    const life = new AsyncDisposableStack();
    const stop = new AbortController();
    const own = life.use(openHubs(config, { warn: () => undefined }));
    const registry = createMetrics('payment-producer');
    let payers: Payers = [];
    const metrics = createProducerMetrics(registry, () => 0);
    const documents = openDocuments(config);
    const publisher = own.publisher('payments');
    const runMetrics = createRunMetrics(registry, 'orphans');
    const runs = life.use(
      await openRuns(
        { hubs: own, hub: 'payments', publisher, sendsOf: orphanSends, config, metrics: runMetrics, log, now: Date.now },
        openRunStore(documents, 'payment-producer/runs'),
        runSchema,
      ),
    );
    const app = await createPaymentApp({ hubs: own, config, payers: () => payers, runs, log, registry, signal: stop.signal });
    life.defer(() => app.close());
    const onPayers = (known: Payers) => (payers = known);
    const ended = followBookings({ hubs: own, documents, config, metrics, log, signal: stop.signal, onPayers });
    const state = async () => (await app.inject({ url: '/v1/partitions' })).json().partitions ?? [];
    life.defer(async () => {
      stop.abort();
      await ended;
    });
    return {
      app,
      registry,
      state,
      /** Resolves when the service says that all which was placed is read and paid. */
      drained: () =>
        expect
          .poll(async () => (await state()).map(({ lag, due }: { lag: number; due: number }) => lag + due), { timeout: 20_000 })
          .toEqual(partitions.map(() => 0)),
      [Symbol.asyncDispose]: () => life.disposeAsync(),
    };
  };

  const readingsOf = async (partition: number): Promise<Reading<PaymentProcessed>[]> => {
    const { lastSequenceNumber } = await hubs.partitionState('payments', partition);
    const stop = new AbortController();
    const found: Reading<PaymentProcessed>[] = [];
    if (lastSequenceNumber < 0) return found;
    for await (const batch of hubs.read({ hub: 'payments', group: 'reader', partition, from: 'earliest', signal: stop.signal })) {
      for (const { body } of batch) found.push(...readMessage(body, [paymentProcessed]));
      if ((batch.at(-1)?.sequenceNumber ?? -1) >= lastSequenceNumber) stop.abort();
    }
    return found;
  };
  return {
    hubs,
    place,
    live,
    payments: () =>
      Promise.all(
        partitions.map(async (partition) =>
          (await readingsOf(partition)).map((reading) => {
            if (!reading.ok) throw new Error(reading.detail);
            return reading.event;
          }),
        ),
      ),
    readings: async () => (await Promise.all(partitions.map(readingsOf))).flat(),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
};

const bytesOf = (content: object | Uint8Array) => (content instanceof Uint8Array ? content : writeEvent(content).body);
const ids = (payments: readonly PaymentProcessed[]) => payments.map(({ id }) => id).toSorted();
const expected = (placed: readonly BookingPlaced[]) => placed.flatMap((each) => paymentsFor(each));

describe('a backfill', () => {
  test('is paid in full, each partition in event-time order but for repetitions, and said to be drained only then', async () => {
    await using world = await startWorld();
    await world.place(all);
    await using life = await world.live();
    await life.drained();
    const paid = await world.payments();
    expect(ids(paid.flat())).toEqual(ids(expected(all)));
    for (const payments of paid) {
      const firsts = [...new Map(payments.map((each) => [each.id, each])).values()];
      const times = firsts.map(({ time }) => time);
      expect(times).toEqual(times.toSorted());
    }
    const placed = await Promise.all(partitions.map((partition) => world.hubs.partitionState('bookings', partition)));
    expect(await life.state()).toMatchObject(
      placed.map(({ lastSequenceNumber }) => ({
        readTo: lastSequenceNumber,
        lastEnqueued: lastSequenceNumber,
        pending: 0,
        nextDueAt: null,
      })),
    );
  });

  test('that is interrupted is taken up where it was left: ids may come twice, none is missing', async () => {
    await using world = await startWorld();
    const half = Math.floor(all.length / 2);
    await world.place(all.slice(0, half));
    {
      await using first = await world.live();
      await expect.poll(async () => (await world.payments()).flat().length, { timeout: 20_000 }).toBeGreaterThan(0);
      expect((await first.state()).length).toBe(partitions.length);
    }
    await world.place(all.slice(half));
    await using second = await world.live();
    await second.drained();
    expect(new Set(ids((await world.payments()).flat()))).toEqual(new Set(ids(expected(all))));
  });

  test('that was drained is not read again by the next life', async () => {
    await using world = await startWorld();
    await world.place(all.slice(0, 100));
    {
      await using first = await world.live();
      await first.drained();
    }
    await using second = await world.live();
    await second.drained();
    await world.place(all.slice(100, 101));
    await second.drained();
    expect(await second.registry.metrics()).toMatch(/bookings_read_total\{outcome="booking",service="payment-producer"\} 1\n/);
  });

  test('is paid in full, too, when hardly any payment may wait', async () => {
    await using world = await startWorld({ MAX_PENDING: '1000' });
    // One instant for all of them, so that the watermark lets none go.
    const time = '2026-03-01T00:00:00.000Z';
    const crowd = Array.from({ length: 3 }, (_, seed) => [...bookings(specFor({ ...spec, seed }))]).flat();
    const at = crowd.map((each) => ({ ...each, time, data: { ...each.data, holdExpiresAt: '2026-03-01T00:15:00.000Z' } }));
    await world.place(at);
    await using life = await world.live();
    await life.drained();
    expect(ids((await world.payments()).flat())).toEqual(ids(expected(at)));
  });
});

describe('a live booking', () => {
  // A booking that is paid at once if its hold is over at once, so that no test waits for minutes.
  const now = (index: number): BookingPlaced => {
    const time = new Date().toISOString();
    return { ...all[index]!, time, data: { ...all[index]!.data, holdExpiresAt: time } };
  };
  const promptly = all.findIndex(
    (_, index) => paymentsFor(now(index)).length === 1 && paymentSends(now(index)).every(({ at }) => at <= Date.now()),
  );

  test('is paid when its payment falls due, and waits until then', async () => {
    await using world = await startWorld();
    await using life = await world.live();
    const prompt = now(promptly);
    const patient = { ...all[0]!, id: 'patient', subject: 'patient', time: new Date().toISOString() };
    await world.place([
      prompt,
      { ...patient, data: { ...patient.data, holdExpiresAt: new Date(Date.now() + 900_000).toISOString() } },
    ]);
    await expect.poll(async () => (await world.payments()).flat().length, { timeout: 20_000 }).toBe(paymentSends(prompt).length);
    await life.drained();
    const [paid] = (await world.payments()).flat();
    expect(paid).toEqual(paymentsFor(prompt)[0]);
    const waiting = (await life.state()).filter(({ pending }: { pending: number }) => pending > 0);
    expect(waiting).toHaveLength(1);
    expect(Date.parse(waiting[0].nextDueAt)).toBeGreaterThan(Date.now());
  });
});

test('payments are packed as asked, and say what their fate has them say', async () => {
  await using world = await startWorld({ PACKING: '10' });
  const worst = [...bookings(specFor({ ...spec, profile: 'all-faults' }))];
  await world.place(worst);
  await using life = await world.live();
  await life.drained();
  const sends = worst.flatMap((each) => paymentSends(each));
  const found = await world.readings();
  expect(found.filter(({ ok }) => ok).length).toBe(
    sends.filter(({ content }) => readMessage(bytesOf(content), [paymentProcessed])[0]?.ok).length,
  );
  expect(found.length).toBe(sends.length);
  const messages = await Promise.all(partitions.map((partition) => world.hubs.partitionState('payments', partition)));
  const count = messages.reduce((sum, { lastSequenceNumber }) => sum + lastSequenceNumber + 1, 0);
  expect(count).toBeLessThan(sends.length / 3);
});

test('a run of orphans pays bookings that never come', async () => {
  await using world = await startWorld();
  await using life = await world.live();
  const body = { seed: 5, from: '2026-03-01T00:00:00Z', to: '2026-03-01T12:00:00Z', bookings: 50 };
  const accepted = await life.app.inject({ method: 'POST', url: '/v1/runs', payload: body });
  expect(accepted.statusCode).toBe(202);
  const { id, spec: own } = accepted.json();
  const state = async () => (await life.app.inject({ url: `/v1/runs/${id}` })).json().state;
  await expect.poll(state, { timeout: 20_000 }).toBe('completed');
  expect(ids((await world.payments()).flat())).toEqual(ids([...orphans(own)]));
  const refused = await life.app.inject({ method: 'POST', url: '/v1/runs', payload: { ...body, profile: 'calm' } });
  expect([refused.statusCode, refused.json().errors[0].path]).toEqual([400, '/profile']);
});

test('what is no booking to pay is passed over, counted, and read past', async () => {
  await using world = await startWorld();
  const publisher = world.hubs.publisher('bookings');
  const { body, contentType } = writeEvent(tickEvent('bookings', 0, 0));
  const ahead = {
    ...all[1]!,
    time: '2999-01-01T00:00:00.000Z',
    data: { ...all[1]!.data, holdExpiresAt: '2999-01-01T00:15:00.000Z' },
  };
  await publisher.publish([{ body, contentType, partition: 0 }]);
  await publisher.publish([{ body: Buffer.from('{'), contentType, partition: 0 }]);
  await world.place([ahead, { ...all[2]!, scenario: 'none' }, all[3]!]);
  await using life = await world.live();
  await life.drained();
  expect(ids((await world.payments()).flat())).toEqual(ids(expected([all[3]!])));
  const metrics = await life.registry.metrics();
  for (const [outcome, count] of Object.entries({ tick: 1, unreadable: 1, ahead: 1, booking: 2 }))
    expect(metrics).toContain(`bookings_read_total{outcome="${outcome}",service="payment-producer"} ${count}`);
});

describe('a single payment', () => {
  test('is published as it was given, to the partition of its booking; one with faults is refused with their paths', async () => {
    await using world = await startWorld();
    await using life = await world.live();
    const text = await readFile(new URL('../../../packages/schemas/fixtures/payment-processed.v2.json', import.meta.url), 'utf8');
    const event = JSON.parse(text);
    const headers = { 'content-type': 'application/cloudevents+json' };
    const accepted = await life.app.inject({ method: 'POST', url: '/v1/events', headers, payload: text });
    expect([accepted.statusCode, accepted.json()]).toEqual([202, { id: event.id, type: 'payment.processed' }]);
    expect((await world.payments()).flat()).toMatchObject([event]);
    const bad = { ...event, data: { ...event.data, amountMinor: -1, kind: 'given' } };
    const refused = await life.app.inject({ method: 'POST', url: '/v1/events', payload: bad });
    expect(refused.statusCode).toBe(400);
    const paths: string[] = refused.json().errors.map((fault: { path: string }) => fault.path);
    expect(paths.toSorted()).toEqual(['/data/amountMinor', '/data/kind']);
  });
});
