import { startEmulator } from '@boxoffice/event-hubs-emulator';
import { openHubs } from '@boxoffice/hubs';
import type { Hubs } from '@boxoffice/hubs';
import { createLogger } from '@boxoffice/service-kit';
import type { MessageBody } from '@boxoffice/schemas';
import { openWarehouse } from '@boxoffice/warehouse';
import type { Loader, Warehouse } from '@boxoffice/warehouse';
import { startEmbeddedWarehouse } from '@boxoffice/warehouse/embedded';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readConfig } from './config.ts';
import { lagOf } from './lag.ts';
import { createWriterMetrics } from './metrics.ts';
import { messageWithOneRefused, quarantinedMessage, sampleRun } from './sample-run.ts';
import { createWriter } from './writer.ts';

const resources = new AsyncDisposableStack();
const log = createLogger('warehouse-writer', 'silent');
/** One namespace, seen by whoever publishes and looks; each writer has its own, as its process would. */
let hubs: Hubs;
let connectionString: string;
let template: string;

const emptyDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'writer-'));
  resources.defer(() => rm(directory, { recursive: true }));
  return directory;
};

const hubNames = ['first', 'crashes', 'repeated', 'away', 'two', 'odd'];
beforeAll(async () => {
  const options = Object.fromEntries(
    hubNames.flatMap((name) =>
      [`${name}-joined`, `${name}-quarantine`].map((hub) => [hub, { partitions: 2, consumerGroups: ['warehouse-writer'] }]),
    ),
  );
  const emulator = resources.use(await startEmulator({ hubs: options, dataDirectory: await emptyDirectory() }));
  ({ connectionString } = emulator);
  hubs = resources.use(openHubs({ eventHubsConnectionString: connectionString }, log));
  template = await emptyDirectory();
  await (await startEmbeddedWarehouse({ dataDirectory: template, port: 0 }))[Symbol.asyncDispose]();
});
afterAll(() => resources.disposeAsync());

const publish = (hub: string, partition: number, messages: readonly MessageBody[]): Promise<void> =>
  hubs.publisher(hub).publish(messages.map((message) => ({ ...message, partition })));

const configOf = (name: string, batchEvents: number) =>
  readConfig({
    EVENT_HUBS_CONNECTION_STRING: connectionString,
    JOINED_HUB: `${name}-joined`,
    QUARANTINE_HUB: `${name}-quarantine`,
    BATCH_EVENTS: String(batchEvents),
    LINGER_MS: '5',
    RETRY_MAX_MS: '50',
  });

const startWriter = (name: string, warehouse: Warehouse, batchEvents = 7) => {
  const stopping = new AbortController();
  const metrics = createWriterMetrics();
  const { signal } = stopping;
  const own = openHubs({ eventHubsConnectionString: connectionString }, log);
  const writer = createWriter({ config: configOf(name, batchEvents), hubs: own, warehouse, metrics, log, signal });
  metrics.watch(own, writer.partitions);
  const running = (async () => {
    try {
      await writer.run();
    } finally {
      await own[Symbol.asyncDispose]();
    }
  })();
  running.catch(() => {});
  const counted = async (metric: string): Promise<number> => {
    const values = (await metrics.registry.getSingleMetric(metric)?.get())?.values ?? [];
    return values.reduce((sum, { value }) => sum + value, 0);
  };
  return {
    writer,
    running,
    counted,
    /** Waits until all that was published is loaded, or the writer has failed. */
    async drained(): Promise<void> {
      const loaded = vi.waitFor(
        async () => {
          const lags = await lagOf(hubs, writer.partitions());
          expect(lags).toHaveLength(4);
          expect(lags.reduce((sum, { lag }) => sum + lag, 0)).toBe(0);
        },
        { timeout: 20_000, interval: 20 },
      );
      await Promise.race([loaded, running.then(() => loaded)]);
    },
    async stop(): Promise<void> {
      stopping.abort();
      await running;
    },
  };
};

/** A copy of a new database: making one takes seconds. */
const newDatabase = async (): Promise<string> => {
  const directory = await emptyDirectory();
  await cp(template, directory, { recursive: true });
  return directory;
};

const newWarehouse = async (): Promise<Warehouse> => {
  const server = resources.use(await startEmbeddedWarehouse({ dataDirectory: await newDatabase(), port: 0 }));
  return resources.use(await openWarehouse({ warehouseUrl: server.url }));
};

/** All that the warehouse holds of the run, but for load times. */
const contents = async ({ reports }: Warehouse): Promise<unknown> => {
  const bookings = await reports.bookings({ limit: 5000 });
  const orphans = await reports.orphanPayments({ limit: 5000 });
  const { total } = await reports.ledger();
  return JSON.parse(JSON.stringify({ bookings, orphans, total }, (key, value: unknown) => (key === 'loadedAt' ? '' : value)));
};

test('all that the hubs hold is loaded, and what cannot be read is in quarantine with its reason', async () => {
  const warehouse = await newWarehouse();
  const runs = [0, 1].map((partition) => ({ partition, ...sampleRun(partition, 20) }));
  for (const { partition, messages } of runs) await publish('first-joined', partition, messages);
  await publish('first-joined', 1, [{ body: Buffer.from('[{"type":'), contentType: 'application/json' }]);
  await publish('first-quarantine', 0, [quarantinedMessage(4), quarantinedMessage(4)]);
  await publish('first-quarantine', 1, [{ body: Buffer.from('{}'), contentType: 'application/json' }]);
  const { writer, drained, stop, counted } = startWriter('first', warehouse);
  await drained();
  expect(writer.obstacle()).toBeUndefined();
  await stop();

  expect((await warehouse.reports.ledger()).total).toMatchObject({ loadedBookings: 40, loadedPayments: 20, addsUp: true });
  const { rows } = await warehouse.reports.quarantine({ limit: 10 });
  expect(rows.map(({ hub, partition, reason }) => `${hub} ${partition}: ${reason}`).toSorted()).toEqual([
    'bookings 0: malformed-json',
    'first-joined 1: malformed-json',
    'first-quarantine 1: unknown-contract',
  ]);
  expect((await warehouse.reports.pipeline()).completeThrough).toBe('2026-03-01T12:00:20.000Z');
  expect(await counted('writer_events_loaded_total')).toBe(60 + 2 + 1 + 3);
  expect(await counted('writer_replayed_events_total')).toBe(0);
});

/** A warehouse whose writer dies at the `nth` load: before it was begun, or after it was committed. */
const dyingAt = (warehouse: Warehouse, nth: number, when: 'before' | 'after'): Warehouse => {
  let loads = 0;
  const load: Loader['load'] = async (batch) => {
    loads++;
    if (loads === nth && when === 'before') throw new Error('died');
    const result = await warehouse.loader.load(batch);
    if (loads >= nth) throw new Error('died');
    return result;
  };
  return { ...warehouse, loader: { ...warehouse.loader, load } };
};

test('a writer that dies at any batch and is started again ends with the same tables', async () => {
  for (const partition of [0, 1]) await publish('crashes-joined', partition, sampleRun(partition, 12).messages);
  const undisturbed = await newWarehouse();
  const once = startWriter('crashes', undisturbed);
  await once.drained();
  await once.stop();

  const warehouse = await newWarehouse();
  for (const when of ['before', 'after'] as const)
    for (const nth of [1, 2, 3])
      await expect(startWriter('crashes', dyingAt(warehouse, nth, when)).running).rejects.toThrow('died');
  const last = startWriter('crashes', warehouse);
  await last.drained();
  expect(await last.counted('writer_replayed_events_total')).toBeGreaterThan(0);
  await last.stop();
  expect(await contents(warehouse)).toEqual(await contents(undisturbed));
});

test('what the hub holds twice changes nothing', async () => {
  const warehouse = await newWarehouse();
  const { events, messages } = sampleRun(0, 12);
  await publish('repeated-joined', 0, messages);
  const { drained, stop, counted } = startWriter('repeated', warehouse);
  await drained();
  const before = await contents(warehouse);
  await publish('repeated-joined', 0, messages.toReversed());
  await drained();
  await stop();
  expect(await contents(warehouse)).toEqual(before);
  expect(await counted('writer_duplicate_events_total')).toBe(events);
});

test('while the database is away the writer waits and says so, and then goes on without a loss', async () => {
  const dataDirectory = await newDatabase();
  const server = await startEmbeddedWarehouse({ dataDirectory, port: 0 });
  const warehouse = resources.use(await openWarehouse({ warehouseUrl: server.url }));
  const { writer, drained, stop } = startWriter('away', warehouse);
  await publish('away-joined', 0, sampleRun(0, 12).messages);
  await drained();
  await server[Symbol.asyncDispose]();
  await publish('away-joined', 1, sampleRun(1, 12).messages);
  await vi.waitFor(() => expect(writer.obstacle()).toContain('cannot be reached'), { timeout: 10_000 });

  resources.use(await startEmbeddedWarehouse({ dataDirectory, port: server.port }));
  await drained();
  expect(writer.obstacle()).toBeUndefined();
  await stop();
  expect((await warehouse.reports.ledger()).total).toMatchObject({ loadedBookings: 24, addsUp: true });
});

test('two writers at once fence each other and load everything once', async () => {
  const warehouse = await newWarehouse();
  for (const partition of [0, 1]) await publish('two-joined', partition, sampleRun(partition, 40).messages);
  const writers = [startWriter('two', warehouse), startWriter('two', warehouse)];
  await Promise.all(writers.map((each) => each.drained()));
  await Promise.all(writers.map((each) => each.stop()));
  expect((await warehouse.reports.ledger()).total).toMatchObject({ loadedBookings: 80, loadedPayments: 40, addsUp: true });
});

test('a row that the database refuses is in quarantine with the reason, and the rest of its message is loaded', async () => {
  const warehouse = await newWarehouse();
  await publish('odd-joined', 0, [...sampleRun(0, 4).messages, ...messageWithOneRefused(0), ...sampleRun(0, 6).messages]);
  const { drained, stop, counted } = startWriter('odd', warehouse, 1000);
  await drained();
  await stop();
  expect(await counted('writer_refused_events_total')).toBe(1);
  expect((await warehouse.reports.ledger()).total.loadedBookings).toBe(8);
  expect((await warehouse.reports.quarantine({ limit: 9 })).rows).toMatchObject([
    { hub: 'odd-joined', index: 1, reason: 'invalid', detail: expect.stringContaining('the database refuses a row') },
  ]);
});

test('a hub that ends before what was loaded from it stops the writer with the reason', async () => {
  const warehouse = await newWarehouse();
  await warehouse.migrate();
  const claimed = (await warehouse.loader.claim('joined', 'odd-joined', [1])).get(1);
  if (!claimed) throw new Error('partition 1 was not claimed');
  const nothing = { joined: [], progress: [], quarantined: [] };
  const place = { hub: 'odd-joined', partition: 1, firstSequenceNumber: 0, lastSequenceNumber: 99 };
  await warehouse.loader.load({ ...place, expected: claimed, ...nothing });
  await expect(startWriter('odd', warehouse).running).rejects.toThrow(/odd-joined ends at -1, but the warehouse holds it to 99/);
});
