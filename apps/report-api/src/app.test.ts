import { createLogger, problemSchema } from '@boxoffice/service-kit';
import type { App } from '@boxoffice/service-kit';
import { openWarehouse } from '@boxoffice/warehouse';
import type { Warehouse } from '@boxoffice/warehouse';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { createReportApi } from './app.ts';
import { startEmbeddedWarehouse } from './fixtures/embedded-warehouse.ts';
import type { EmbeddedWarehouse } from './fixtures/embedded-warehouse.ts';
import { at, awkwardId, loadSample } from './fixtures/sample-events.ts';

let embedded: EmbeddedWarehouse;
let warehouse: Warehouse;
let app: App;

const now = at('23:59', 2);

beforeAll(async () => {
  embedded = await startEmbeddedWarehouse();
  warehouse = await openWarehouse({ warehouseUrl: embedded.url });
  app = await createReportApi({ warehouse, log: createLogger('report-api', 'silent'), now: () => Date.parse(now) });
  openApi = documentSchema.parse((await app.inject('/openapi.json')).json());
});

afterAll(async () => {
  await app.close();
  await warehouse[Symbol.asyncDispose]();
  await embedded[Symbol.asyncDispose]();
});

const documentSchema = z.object({
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
  paths: z.record(
    z.string(),
    z.object({
      get: z.object({
        description: z.string().optional(),
        parameters: z.array(z.object({ name: z.string(), description: z.string() })).default([]),
        responses: z.record(
          z.string(),
          z.object({ content: z.record(z.string(), z.object({ schema: z.record(z.string(), z.unknown()) })) }),
        ),
      }),
    }),
  ),
});

let openApi: z.output<typeof documentSchema>;

const routeOf = (url: string): string => {
  const path = url.split('?')[0] ?? '';
  return path.startsWith('/v1/bookings/') ? '/v1/bookings/{id}' : path;
};

const published = new Map<string, z.ZodType>();

/** What the OpenAPI document says of the body of an answer. */
const publishedSchema = (route: string, status: number, type: string): z.ZodType => {
  const key = `${status} ${type} of ${route}`;
  const known = published.get(key);
  if (known !== undefined) return known;
  const declared = openApi.paths[route]?.get.responses[status]?.content[type];
  if (declared === undefined) throw new Error(`the OpenAPI document knows no ${key}`);
  const text = JSON.stringify({ ...declared.schema, $defs: openApi.components.schemas });
  const document: unknown = JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/'));
  const schema = z.fromJSONSchema(z.record(z.string(), z.json()).parse(document));
  published.set(key, schema);
  return schema;
};

/** Asks, and holds whatever is answered against what the OpenAPI document says of that route and status. */
const ask = async (url: string) => {
  const response = await app.inject(url);
  const [type = ''] = String(response.headers['content-type']).split(';');
  const body = publishedSchema(routeOf(url), response.statusCode, type).parse(response.json());
  return { status: response.statusCode, headers: response.headers, text: response.body, body };
};

const money = z.object({ minor: z.int(), decimal: z.string() });
const figures = z.object({
  currency: z.string(),
  bookings: z.int(),
  seats: z.int(),
  gross: money,
  fees: money,
  discounts: money,
  total: money,
  refunds: money,
  net: money,
});
const salesBody = z.object({
  filters: z.looseObject({ from: z.string().nullable(), to: z.string().nullable() }),
  completeThrough: z.string().nullable(),
  generatedAt: z.string(),
  rows: z.array(figures.extend({ bucket: z.string(), groupKey: z.string().nullable(), groupLabel: z.string().nullable() })),
  totals: z.array(figures),
});
const sales = async (query: string) => salesBody.parse((await ask(`/v1/reports/sales?${query}`)).body);

const listBody = z.object({ rows: z.array(z.looseObject({})), next: z.string().nullable() });

/** All pages of a list, each row once for every page that it is on. */
const allPages = async (url: string) => {
  const rows: Record<string, unknown>[] = [];
  for (let after = ''; ;) {
    const page = listBody.parse((await ask(`${url}${after}`)).body);
    rows.push(...page.rows);
    if (page.next === null) return rows;
    after = `&after=${encodeURIComponent(page.next)}`;
  }
};

const faultsOf = async (url: string) => {
  const { status, body } = await ask(url);
  const { errors = [] } = problemSchema.parse(body);
  return [status, ...errors.map((fault) => `${fault.in}${fault.path}`)];
};

test('before the schema is there every report is a 503 that says when to try again, and readiness says why', async () => {
  const { paths } = openApi;
  for (const path of Object.keys(paths).filter((each) => each.startsWith('/v1/'))) {
    const { status, headers, body } = await ask(path.replace('{id}', 'b-1'));
    expect([status, headers['retry-after']]).toEqual([503, '5']);
    expect(problemSchema.parse(body).detail).toContain('not set up yet');
  }
  const readiness = await app.inject('/readyz');
  expect(readiness.statusCode).toBe(503);
  expect(readiness.body).toContain('the warehouse-writer creates the schema');
});

describe('with the sample', () => {
  beforeAll(async () => {
    await warehouse.migrate();
    await loadSample(warehouse);
  });

  test('sales are the sums worked out by hand, with the currencies apart', async () => {
    const { rows, totals, filters, completeThrough, generatedAt } = await sales('run=r1');
    expect(
      rows.map((row) => [row.bucket, row.currency, row.bookings, row.seats, row.total.minor, row.refunds.minor, row.net.decimal]),
    ).toEqual([
      [at('00:00'), 'EUR', 2, 3, 7150, 1000, '61.50'],
      [at('00:00'), 'JPY', 1, 1, 5000, 0, '5000'],
      [at('00:00', 2), 'KWD', 1, 1, 12_345, 12_345, '0.000'],
    ]);
    expect(totals.map(({ currency, net }) => [currency, net])).toEqual([
      ['EUR', { minor: 6150, decimal: '61.50' }],
      ['JPY', { minor: 5000, decimal: '5000' }],
      ['KWD', { minor: 0, decimal: '0.000' }],
    ]);
    const [euros] = totals;
    expect([euros?.gross.minor, euros?.fees.minor, euros?.discounts.minor]).toEqual([7000, 200, 50]);
    expect(filters).toEqual({ bucket: 'day', by: null, from: null, to: null, run: 'r1' });
    expect([completeThrough, generatedAt]).toEqual([at('23:55', 2), now]);
  });

  test.for(['show', 'venue', 'city', 'category', 'channel'])('sales by %s add up to the same totals', async (by) => {
    const [whole, grouped] = [await sales('bucket=hour'), await sales(`bucket=hour&by=${by}`)];
    expect(grouped.totals).toEqual(whole.totals);
    const sums = new Map<string, number>();
    for (const { currency, net } of grouped.rows) sums.set(currency, (sums.get(currency) ?? 0) + net.minor);
    expect(Object.fromEntries(sums)).toEqual(Object.fromEntries(whole.totals.map(({ currency, net }) => [currency, net.minor])));
  });

  test('a group has its name, and none where the catalogue does not know it', async () => {
    const { rows } = await sales(`by=show&from=${at('00:00')}&to=${at('00:00', 2)}`);
    expect(rows.map(({ groupLabel, currency, net }) => `${groupLabel} ${net.decimal} ${currency}`).toSorted()).toEqual([
      'Faust 20.00 EUR',
      'Hamlet 41.50 EUR',
      'Hamlet 5000 JPY',
      'null 1.00 EUR',
    ]);
  });

  test('a range holds its start and not its end, and is echoed in UTC', async () => {
    const { filters, totals } = await sales(
      `bucket=hour&from=${encodeURIComponent('2026-03-01T11:00:00+01:00')}&to=${at('10:45')}`,
    );
    expect([filters.from, filters.to]).toEqual([at('10:00'), at('10:45')]);
    expect(totals.map(({ currency, bookings }) => [currency, bookings])).toEqual([['EUR', 2]]);
  });

  test('the funnel of a run adds up', async () => {
    const { body } = await ask('/v1/reports/funnel?run=r1');
    expect(body).toMatchObject({
      filters: { from: null, to: null, run: 'r1' },
      placed: 7,
      paidInTime: 3,
      paidLate: 1,
      declined: 1,
      abandoned: 1,
      pending: 1,
      refunded: 1,
      partiallyRefunded: 1,
      overpaid: 0,
      payments: { captured: 5, declined: 2, refunded: 2 },
    });
  });

  test.for([1, 2, 3, 7, 1000])('pages of %i visit each booking of a run once, with its payments', async (limit) => {
    const rows = await allPages(`/v1/bookings?run=r1&limit=${limit}`);
    const paid = z.object({ bookingId: z.string(), payments: z.array(z.object({ paymentId: z.string() })) });
    expect(
      rows
        .map((row) => paid.parse(row))
        .map(({ bookingId, payments }) => [bookingId, ...payments.map(({ paymentId }) => paymentId)]),
    ).toEqual([
      ['b-1', 'p-1'],
      ['b-2', 'p-2', 'p-3', 'p-4'],
      ['b-3', 'p-5'],
      ['b-4', 'p-6', 'p-7'],
      ['b-5'],
      ['b-6', 'p-8'],
      ['b-8'],
    ]);
  });

  test.for([
    ['captured', 'b-1', 'b-3', awkwardId],
    ['captured-late'],
    ['partially-refunded', 'b-2'],
    ['refunded', 'b-4'],
    ['declined', 'b-6'],
    ['abandoned', 'b-5'],
    ['pending', 'b-8'],
  ])('bookings in state %s', async ([state = '', ...ids]) => {
    const rows = await allPages(`/v1/bookings?state=${state}&limit=1`);
    expect(rows.map(({ bookingId }) => bookingId)).toEqual(ids);
  });

  test('a booking tells its story in order of time', async () => {
    const { body } = await ask('/v1/bookings/b-2');
    const { timeline } = z
      .object({ timeline: z.array(z.object({ at: z.string(), what: z.string(), detail: z.string() })) })
      .parse(body);
    expect(timeline.map((entry) => entry.at)).toEqual(timeline.map((entry) => entry.at).toSorted());
    expect(timeline.filter(({ what }) => !what.endsWith('-loaded')).map((entry) => `${entry.what}: ${entry.detail}`)).toEqual([
      'booked: 1 seat for 30.00 EUR by app',
      'booking-enqueued: the booking was taken in by the hub',
      'payment-declined: 30.00 EUR by card, attempt 1; reason: no-funds',
      'payment-enqueued: the declined payment was taken in by the hub',
      'hold-expires: the hold on 1 seat ends with this millisecond',
      'payment-captured: 30.00 EUR by card, attempt 2; after the hold had expired',
      'payment-enqueued: the captured payment was taken in by the hub',
      'payment-refunded: 10.00 EUR by card, attempt 2',
      'payment-enqueued: the refunded payment was taken in by the hub',
    ]);
    expect(body).toMatchObject({
      state: 'partially-refunded',
      captured: { minor: 3000 },
      refunded: { minor: 1000, decimal: '10.00' },
      showTitle: 'Faust',
      city: 'Hamburg',
      seats: [{ section: 'Stalls', row: null, seat: '1', price: { minor: 3000, decimal: '30.00' } }],
    });
  });

  test('seats that were given free are in the story', async () => {
    const { body } = await ask('/v1/bookings/b-5');
    expect(body).toMatchObject({ state: 'abandoned', releasedAt: at('11:16') });
    expect(JSON.stringify(body)).toContain('2 seats given free');
  });

  test.for([awkwardId, 'x'.repeat(128)])('an id of any characters is taken as it is: %s', async (id) => {
    const { status, body } = await ask(`/v1/bookings/${encodeURIComponent(id)}`);
    if (id === awkwardId) expect(body).toMatchObject({ bookingId: id, showTitle: null, runId: null });
    else expect([status, problemSchema.parse(body).detail]).toEqual([404, `The warehouse holds no booking "${id}"`]);
  });

  test('an id longer than any path is taken for is a 414', async () => {
    expect((await ask(`/v1/bookings/${'x'.repeat(2000)}`)).status).toBe(414);
  });

  test('payments without a booking are orphans', async () => {
    const rows = await allPages('/v1/payments/orphans?run=r1&limit=1');
    expect(rows).toMatchObject([{ bookingId: 'ghost', paymentId: 'p-0', amount: { minor: 1, decimal: '0.01' } }]);
    expect(await allPages('/v1/payments/orphans?run=r2&limit=1')).toEqual([]);
  });

  test('the pipeline says how far each partition has got, and the ledger adds up', async () => {
    expect((await ask('/v1/pipeline')).body).toMatchObject({
      completeThrough: at('23:55', 2),
      partitions: [{ partition: 0, joinedReadTo: 0, watermark: at('23:55', 2), bookingsReadTo: 8, paymentsReadTo: 11 }],
    });
    expect((await ask('/v1/pipeline/reconciliation')).body).toMatchObject({
      addsUp: true,
      total: { received: 19, opened: 8, loadedBookings: 8, loadedPayments: 8, loadedRefunds: 2, unaccounted: 0, addsUp: true },
      partitions: [{ partition: 0, received: 19, addsUp: true }],
    });
  });

  test('the quarantine is listed newest first, without the bytes', async () => {
    const rows = await allPages('/v1/quarantine?limit=2');
    expect(rows.map(({ sequenceNumber, bodyBytes }) => [sequenceNumber, bodyBytes])).toEqual([
      [103, 11],
      [102, 11],
      [101, 11],
    ]);
    const { text } = await ask('/v1/quarantine');
    expect(text).not.toContain(Buffer.from('secret name').toString('base64'));
    expect(text).not.toContain('secret name');
  });

  const badRequests: [url: string, ...faults: string[]][] = [
    ['/v1/reports/sales?bucket=week&by=price&colour=red', 'querystring/bucket', 'querystring/by', 'querystring/colour'],
    ['/v1/reports/sales?from=2026-02-30T00:00:00Z&to=tomorrow', 'querystring/from', 'querystring/to'],
    ['/v1/reports/sales?from=0000-01-01T00:00:00Z&to=9999-12-31T23:59:59-01:00', 'querystring/from', 'querystring/to'],
    ['/v1/reports/sales?from=2026-03-02T00:00:00Z&to=2026-03-02T00:00:00Z', 'querystring/from'],
    ['/v1/reports/sales?bucket=hour&from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z', 'querystring/from'],
    ['/v1/reports/sales?run=a&run=b', 'querystring/run'],
    ['/v1/reports/funnel?run=%00&from=', 'querystring/from', 'querystring/run'],
    ['/v1/reports/funnel?from=2020-01-01T00:00:00Z', 'querystring/from'],
    [
      '/v1/bookings?state=lost&limit=0x10&after=&run=',
      'querystring/run',
      'querystring/state',
      'querystring/limit',
      'querystring/after',
    ],
    ['/v1/bookings?limit=1001', 'querystring/limit'],
    ['/v1/bookings?limit=99999999999999999999', 'querystring/limit'],
    ['/v1/bookings?after=nonsense', 'querystring/after'],
    ['/v1/bookings?__proto__=1&constructor=2', 'querystring/__proto__', 'querystring/constructor'],
    ['/v1/bookings/b-1?verbose=1', 'querystring/verbose'],
    ['/v1/bookings/%00?verbose=1', 'params/id', 'querystring/verbose'],
    ['/v1/bookings/', 'params/id'],
    ['/v1/bookings/%ED%A0%80'],
    ['/v1/payments/orphans?after=W10', 'querystring/after'],
    ['/v1/pipeline?run=r1', 'querystring/run'],
    ['/v1/pipeline/reconciliation?run=r1', 'querystring/run'],
    ['/v1/quarantine?limit=101&after=%0A', 'querystring/limit', 'querystring/after'],
    [`/v1/quarantine?after=${Buffer.from('["\\ud800"]').toString('base64url')}`, 'querystring/after'],
  ];
  test.for(badRequests)('%s is a 400 that names every field at fault', async ([url, ...faults]) => {
    expect(await faultsOf(url)).toEqual([400, ...faults]);
  });

  test('a text that PostgreSQL could not hold is no error of the server', async () => {
    const forged = Buffer.from('["\\ud800"]').toString('base64url');
    for (const url of ['/v1/bookings?run=%ED%A0%80', `/v1/bookings?after=${forged}`]) expect((await ask(url)).status).toBe(200);
  });

  test('every parameter and every report is described, with the errors that it may answer', async () => {
    for (const [path, { get }] of Object.entries(openApi.paths)) {
      if (!path.startsWith('/v1/')) continue;
      expect(Object.keys(get.responses), path).toEqual(expect.arrayContaining(['200', '400', '500', '503']));
      for (const { name, description } of get.parameters) expect(description, `${name} of ${path}`).not.toBe('');
    }
  });

  test('the metrics say how far the last report was complete', async () => {
    await ask('/v1/pipeline/reconciliation');
    const { body } = await app.inject('/metrics');
    expect(body).toContain(
      `report_complete_through_timestamp_seconds{service="report-api"} ${Date.parse(at('23:55', 2)) / 1000}`,
    );
  });

  test('a database that goes away is a 503 until it is back', async () => {
    await embedded.stop();
    const { status, headers } = await ask('/v1/bookings/b-1');
    expect([status, headers['retry-after']]).toEqual([503, '5']);
    expect((await app.inject('/readyz')).json()).toMatchObject({ ready: false, checks: { warehouse: { ok: false } } });
    await embedded.start();
    await vi.waitFor(async () => expect((await ask('/v1/bookings/b-1')).status).toBe(200), { timeout: 20_000 });
    expect((await app.inject('/readyz')).statusCode).toBe(200);
  });
});
