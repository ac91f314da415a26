import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmulator } from '@boxoffice/event-hubs-emulator';
import { openDocuments, openHubs } from '@boxoffice/hubs';
import type { HubMessage } from '@boxoffice/hubs';
import { createRunMetrics, openRunStore, openRuns } from '@boxoffice/runs';
import { bookingSends, runSpec } from '@boxoffice/scenario';
import { bookingPlaced, readMessage, writeEvent } from '@boxoffice/schemas';
import { createLogger, createMetrics } from '@boxoffice/service-kit';
import { describe, expect, test } from 'vitest';
import { createBookingApp } from './app.ts';
import { runSchema } from './run-schema.ts';

const log = createLogger('booking-producer', 'silent');
const day = {
  seed: 7,
  bookings: 1500,
  from: '2026-03-01T00:00:00.000Z',
  to: '2026-03-02T00:00:00.000Z',
  faults: { duplicates: 0.1 },
};
const partitions = [0, 1, 2];

/** The service as `main.ts` wires it, beside an emulator; both on free ports. */
const startProducer = async (config: { maxRuns?: number; chunkEvents?: number; drainMs?: number } = {}, hub = 'bookings') => {
  const resources = new AsyncDisposableStack();
  const dataDirectory = await mkdtemp(path.join(tmpdir(), 'booking-producer-'));
  resources.defer(() => rm(dataDirectory, { recursive: true, force: true }));
  const hubsOfBroker = { bookings: { partitions: partitions.length, consumerGroups: ['reader'] } };
  const startBroker = (port: number) => startEmulator({ hubs: hubsOfBroker, dataDirectory, port });
  let broker = await startBroker(0);
  resources.defer(() => broker[Symbol.asyncDispose]());
  const hubs = resources.use(openHubs({ eventHubsConnectionString: broker.connectionString }, { warn: () => undefined }));
  const registry = createMetrics('booking-producer');
  const publisher = hubs.publisher(hub);
  const settings = { maxRuns: 2, chunkEvents: 400, drainMs: 20_000, ...config };
  const documents = openDocuments({ checkpointDirectory: path.join(dataDirectory, 'checkpoints') });
  /** The runs as a life of the service has them. */
  const openOwnRuns = async (metrics = createRunMetrics(createMetrics('booking-producer'), 'bookings')) => {
    const surroundings = { hubs, hub, publisher, sendsOf: bookingSends, config: settings, metrics, log, now: Date.now };
    const store = openRunStore(documents, 'booking-producer/runs');
    return openRuns(surroundings, store, runSchema);
  };
  const runs = resources.use(await openOwnRuns(createRunMetrics(registry, 'bookings')));
  const { signal } = new AbortController();
  const app = await createBookingApp({ hubs, bookingsHub: hub, publisher, runs, log, registry, signal });
  resources.defer(() => app.close());

  const readPartition = async (partition: number): Promise<HubMessage[]> => {
    const stop = new AbortController();
    const found: HubMessage[] = [];
    const { lastSequenceNumber } = await hubs.partitionState('bookings', partition);
    if (lastSequenceNumber < 0) return [];
    for await (const batch of hubs.read({ hub: 'bookings', group: 'reader', partition, from: 'earliest', signal: stop.signal })) {
      found.push(...batch);
      if ((found.at(-1)?.sequenceNumber ?? -1) >= lastSequenceNumber) stop.abort();
    }
    return found;
  };
  return {
    app,
    runs,
    openOwnRuns,
    registry,
    post: (body: object) => app.inject({ method: 'POST', url: '/v1/runs', payload: body }),
    /** Resolves with the run once `wanted` is true of it. */
    until: async (id: string, wanted: (run: { state: string; acknowledged: number }) => boolean) => {
      for (;;) {
        const run = (await app.inject({ url: `/v1/runs/${id}` })).json();
        if (wanted(run)) return run;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    readAll: () => Promise.all(partitions.map(readPartition)),
    stopBroker: () => broker[Symbol.asyncDispose](),
    restartBroker: async () => {
      broker = await startBroker(broker.port);
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
};

const ended = ({ state }: { state: string }) => state !== 'running';
const text = ({ body }: HubMessage) => Buffer.from(body).toString();
const byId = (lines: string[]) => lines.toSorted();
/** Everything that a run sends, as text. */
const sentBy = (spec: object): string[] =>
  [...bookingSends(runSpec.parse(spec))].map(({ content }) =>
    Buffer.from(content instanceof Uint8Array ? content : writeEvent(content).body).toString(),
  );

const fixture = async (version: number) =>
  JSON.parse(
    await readFile(new URL(`../../../packages/schemas/fixtures/booking-placed.v${version}.json`, import.meta.url), 'utf8'),
  );

describe('a backfill', () => {
  test('publishes what the scenario says, byte for byte, each partition in event-time order', async () => {
    await using producer = await startProducer();
    const accepted = await producer.post(day);
    expect(accepted.statusCode).toBe(202);
    const { id } = accepted.json();
    expect(accepted.headers.location).toBe(`/v1/runs/${id}`);
    const sends = sentBy((await producer.until(id, ended)).spec);
    expect(await producer.until(id, ended)).toMatchObject({
      state: 'completed',
      spec: { ...day, profile: 'everyday' },
      bookings: day.bookings,
      published: sends.length,
      acknowledged: sends.length,
      ratePerS: 0,
      error: null,
    });
    const read = await producer.readAll();
    expect(byId(read.flat().map(text))).toEqual(byId(sends));
    // Each partition has its bookings in the order in which they leave.
    const order = new Map(sends.map((each, index) => [each, index]));
    for (const messages of read) {
      const firsts = [...new Set(messages.map(text).toReversed())].toReversed();
      expect(firsts.map((each) => order.get(each))).toEqual(
        firsts.map((each) => order.get(each) ?? -1).toSorted((x, y) => x - y),
      );
    }
    expect(await producer.registry.metrics()).toContain(
      `bookings_acknowledged_total{service="booking-producer"} ${sends.length}`,
    );
  });

  test('outlasts a broker that goes away: it is told of in readiness, and nothing is lost', async () => {
    await using producer = await startProducer({ chunkEvents: 50 });
    const { id } = (await producer.post(day)).json();
    await producer.until(id, ({ acknowledged }) => acknowledged > 0);
    await producer.stopBroker();
    const ready = async () => (await producer.app.inject({ url: '/readyz' })).statusCode;
    await expect.poll(ready, { timeout: 10_000 }).toBe(503);
    expect((await producer.app.inject({ url: `/v1/runs/${id}` })).json()).toMatchObject({
      state: 'running',
      waitsFor: expect.stringContaining('bookings'),
    });
    await producer.restartBroker();
    expect((await producer.until(id, ended)).state).toBe('completed');
    expect(await ready()).toBe(200);
    const read = (await producer.readAll()).flat().map(text);
    expect(new Set(read)).toEqual(new Set(sentBy((await producer.until(id, ended)).spec)));
  });
});

test('bookings are packed as asked, in order, and what is no document travels alone', async () => {
  await using producer = await startProducer();
  const spec = { ...day, profile: 'all-faults', packing: 10 };
  const { id } = (await producer.post(spec)).json();
  const run = await producer.until(id, ended);
  const sent = sentBy(run.spec);
  expect(run).toMatchObject({ state: 'completed', acknowledged: sent.length, failed: 0, waitsFor: null });
  expect(run.sendMs.p50).toBeGreaterThan(0);
  const order = new Map(sent.map((each, index) => [each, index]));
  let events = 0;
  for (const messages of await producer.readAll()) {
    const elements = messages.flatMap((message) => {
      const body = text(message);
      const packed: unknown[] = body.startsWith('[') ? JSON.parse(body) : [body];
      expect(packed.length).toBeLessThanOrEqual(10);
      return packed.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
    });
    events += elements.length;
    for (const each of elements) expect(order.has(each)).toBe(true);
    if (messages.length > 20) expect(messages.length).toBeLessThan(elements.length / 4);
  }
  expect(events).toBe(sent.length);
});

describe('the runs', () => {
  test('outlive the service: one that had ended is told as it was, one that was running as interrupted', async () => {
    await using producer = await startProducer();
    const { id } = (await producer.post(day)).json();
    const done = await producer.until(id, ended);
    const { id: cut } = (await producer.post({ seed: 3, rate: 100, durationS: 3600 })).json();
    await producer.until(cut, ({ acknowledged }) => acknowledged > 0);
    // What a process finds that comes after one which was killed.
    const next = await producer.openOwnRuns();
    expect(next.find(id)).toEqual(done);
    expect(next.find(cut)).toMatchObject({ state: 'interrupted', error: expect.stringContaining('restarted'), waitsFor: null });
    expect(next.list().map((run) => run.id)).toEqual([cut, id]);
    expect((await next.stop(cut))?.state).toBe('interrupted');
    await next[Symbol.asyncDispose]();
  });

  test('can be watched: progress, and its end', async () => {
    await using producer = await startProducer();
    const { id } = (await producer.post({ seed: 3, rate: 200, durationS: 1 })).json();
    const { body, headers } = await producer.app.inject({ url: `/v1/runs/${id}/events` });
    expect(headers['content-type']).toContain('text/event-stream');
    const events = body
      .trimEnd()
      .split('\n\n')
      .map((each) => each.split('\n'))
      .map(([name, data]) => ({ name, run: JSON.parse(data!.slice('data: '.length)) }));
    expect(events.map(({ name }) => name)).toEqual([...events.slice(1).map(() => 'event: progress'), 'event: end']);
    expect(events.at(-1)!.run).toMatchObject({ id, state: 'completed' });
    expect(events.at(-1)!.run.scheduleMs.p50).not.toBeNull();
    expect((await producer.app.inject({ url: '/v1/runs/r0/events' })).statusCode).toBe(404);
  });
});

describe('a run that cannot go on', () => {
  test('because the hub is not there has failed and says so, as does readiness', async () => {
    await using producer = await startProducer({}, 'absent');
    const { id } = (await producer.post(day)).json();
    const run = await producer.until(id, ended);
    expect(run).toMatchObject({ state: 'failed', acknowledged: 0, error: expect.stringContaining('absent') });
    const ready = await producer.app.inject({ url: '/readyz' });
    expect([ready.statusCode, ready.json().checks.eventHubs.ok]).toEqual([503, false]);
  });

  test('because the broker stays away is given up after the time to drain, and says so', async () => {
    await using producer = await startProducer({ chunkEvents: 50, drainMs: 100 });
    const { id } = (await producer.post(day)).json();
    await producer.until(id, ({ acknowledged }) => acknowledged > 0);
    await producer.stopBroker();
    const stopped = (await producer.app.inject({ method: 'DELETE', url: `/v1/runs/${id}` })).json();
    expect(stopped).toMatchObject({ state: 'stopped', error: expect.stringContaining('within 100 ms') });
    expect(stopped.acknowledged).toBeLessThan(stopped.published);
    await producer.restartBroker();
  });
});

describe('a live run', () => {
  test('places its bookings as time goes on, none before its time', async () => {
    await using producer = await startProducer();
    const { id, spec } = (await producer.post({ seed: 3, rate: 150, durationS: 1, profile: 'calm' })).json();
    expect(await producer.until(id, ended)).toMatchObject({ state: 'completed', bookings: 150 });
    const readings = (await producer.readAll())
      .flat()
      .map((message) => ({ message, readings: readMessage(message.body, [bookingPlaced]) }));
    expect(readings.length).toBe(sentBy(spec).length);
    for (const {
      message,
      readings: [reading],
    } of readings)
      expect(reading?.ok && reading.at <= message.enqueuedAt).toBe(true);
  });

  test('that is stopped ends with everything in flight acknowledged, and can be run again', async () => {
    await using producer = await startProducer();
    const request = { seed: 3, rate: 100, durationS: 3600, from: new Date().toISOString() };
    const { id } = (await producer.post(request)).json();
    await producer.until(id, ({ acknowledged }) => acknowledged > 5);
    const stopped = (await producer.app.inject({ method: 'DELETE', url: `/v1/runs/${id}` })).json();
    expect(stopped).toMatchObject({ state: 'stopped', error: null });
    expect(stopped.acknowledged).toBe(stopped.published);
    expect((await producer.readAll()).flat().length).toBe(stopped.acknowledged);
    expect((await producer.post(request)).statusCode).toBe(202);
  });

  test('ends with the service, acknowledged', async () => {
    await using producer = await startProducer();
    const { id } = (await producer.post({ seed: 3, rate: 100, durationS: 3600 })).json();
    await producer.until(id, ({ acknowledged }) => acknowledged > 5);
    await producer.runs[Symbol.asyncDispose]();
    const run = producer.runs.find(id);
    expect(run?.state).toBe('stopped');
    expect(run?.acknowledged).toBe(run?.published);
    expect((await producer.post(day)).statusCode).toBe(503);
  });
});

describe('a request', () => {
  test('for a run that is running, or for one too many, is a conflict that says what to do', async () => {
    await using producer = await startProducer();
    const live = { seed: 1, rate: 1, durationS: 3600, from: new Date().toISOString() };
    expect((await producer.post(live)).statusCode).toBe(202);
    const same = await producer.post(live);
    expect(same.statusCode).toBe(409);
    expect(same.json().detail).toMatch(/change the seed/);
    expect((await producer.post({ ...live, seed: 2 })).statusCode).toBe(202);
    const tooMany = await producer.post({ ...live, seed: 3 });
    expect(tooMany.statusCode).toBe(409);
    expect(tooMany.json().detail).toMatch(/2 runs are running.*MAX_RUNS.*DELETE/);
    const { runs } = (await producer.app.inject({ url: '/v1/runs' })).json();
    expect(runs.map(({ spec }: { spec: { seed: number } }) => spec.seed)).toEqual([2, 1]);
  });

  test.for([
    {
      name: 'a period that is not over',
      body: { ...day, to: '2999-01-01T00:00:00Z', from: '2998-12-31T00:00:00Z' },
      at: ['/to'],
    },
    {
      name: 'several faults',
      body: { ...day, seed: 'x', bookings: 0, to: day.from, surprise: 1 },
      at: ['/bookings', '/seed', '/surprise', '/to'],
    },
    { name: 'a live run of no length', body: { seed: 1, rate: -1 }, at: ['/durationS', '/rate'] },
    {
      name: 'stages that contradict themselves',
      body: { seed: 1, rate: 5, stages: [{ rate: -1, durationS: 0, pause: 1 }] },
      at: ['/rate', '/stages/0/durationS', '/stages/0/pause', '/stages/0/rate'],
    },
  ])('with $name is refused with every field at fault', async ({ body, at }) => {
    await using producer = await startProducer();
    const response = await producer.post(body);
    expect(response.statusCode).toBe(400);
    expect(response.headers['content-type']).toContain('application/problem+json');
    const paths: string[] = response.json().errors.map((fault: { path: string }) => fault.path);
    expect(paths.toSorted()).toEqual(at);
  });

  test('for a run that is not there is not found', async () => {
    await using producer = await startProducer();
    for (const method of ['GET', 'DELETE'] as const)
      expect((await producer.app.inject({ method, url: '/v1/runs/r0' })).statusCode).toBe(404);
  });
});

describe('a single booking', () => {
  test.for([1, 2, 3])('of version %i is published as it was given', async (version) => {
    await using producer = await startProducer();
    const event = await fixture(version);
    const headers = { 'content-type': 'application/cloudevents+json' };
    const response = await producer.app.inject({ method: 'POST', url: '/v1/events', headers, payload: JSON.stringify(event) });
    expect([response.statusCode, response.json()]).toEqual([202, { id: event.id ?? event.order_id, type: 'booking.placed' }]);
    const [only, ...others] = (await producer.readAll()).flat();
    expect(JSON.parse(text(only!))).toEqual(event);
    expect(others).toEqual([]);
  });

  test('with faults is refused, naming each by its path in the body, and nothing is published', async () => {
    await using producer = await startProducer();
    const event = await fixture(3);
    const data = { ...event.data, totalMinor: 1.5, currency: 'XXX', items: [{ ...event.data.items[0], seat: 7 }], surprise: 1 };
    const bad = [
      { body: { ...event, data }, at: ['/data', '/data/currency', '/data/items/0/seat', '/data/totalMinor'] },
      { body: { ...event, data: { ...event.data, totalMinor: 1 } }, at: ['/data/totalMinor'] },
      { body: { ...event, dataschema: 'urn:boxoffice:booking.placed:9' }, at: ['/dataschema'] },
      { body: { ...event, type: 'payment.processed' }, at: ['/type'] },
      {
        body: {
          ...event,
          time: '2999-01-01T00:00:00Z',
          data: { ...event.data, holdExpiresAt: '2999-01-01T00:15:00Z' },
        },
        at: ['/time'],
      },
    ];
    for (const { body, at } of bad) {
      const response = await producer.app.inject({ method: 'POST', url: '/v1/events', payload: body });
      expect(response.statusCode).toBe(400);
      const paths: string[] = response.json().errors.map((fault: { path: string }) => fault.path);
      expect(paths.toSorted()).toEqual(at);
    }
    expect((await producer.readAll()).flat()).toEqual([]);
  });
});
