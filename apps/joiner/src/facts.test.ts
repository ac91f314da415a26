import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bookingPaymentJoined, joinProgress, readMessage } from '@boxoffice/schemas';
import type { BookingPaymentJoined, JoinProgress } from '@boxoffice/schemas';
import { openWarehouse } from '@boxoffice/warehouse';
import type { Warehouse } from '@boxoffice/warehouse';
import { startEmbeddedWarehouse } from '@boxoffice/warehouse/embedded';
import { PGlite } from '@electric-sql/pglite';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { booking, payment } from './fixtures/events.ts';
import type { FakeBroker } from './fixtures/fake-broker.ts';
import { play, steps } from './fixtures/play.ts';
import type { Step } from './fixtures/play.ts';

/*
 * The facts: whatever happened between the hubs and the joined hub, and however often that is loaded, the warehouse holds what plain
 * SQL over everything that came in says.
 */
const base = Date.now() - 3_600_000;

// The contents of one id differ in their time, so nobody has to know of hashes to say which of them wins.
const name = fc.constantFrom('a', 'b', 'c');
const at = fc.nat({ max: 25 }).map((second) => base + second * 1000);
const contents = {
  bookings: fc.tuple(name, at).map(([each, ms]) => booking(each, ms, { id: each, totalMinor: 100 + (((ms - base) / 1000) % 3) })),
  payments: fc
    .tuple(name, at, fc.constantFrom('captured', 'captured', 'declined', 'refunded'), fc.nat({ max: 2 }))
    .map(([each, ms, kind, attempt]) => payment(each, ms, kind, { id: `${kind}-${attempt}`, amountMinor: 40 + attempt * 30 })),
};

/** Time passes for nobody before both inputs were heard of: until then a payment waits in the joiner. */
const heardOf: readonly Step[] = [
  { do: 'publish', input: 'bookings', content: booking('z', base, { id: 'z' }) },
  { do: 'publish', input: 'payments', content: payment('z', base, 'declined', { id: 'declined-0' }) },
];

/** Loads what a schedule brought to the joined hub, in batches, and all of it a second time from its middle on. */
const load = async (warehouse: Warehouse, broker: FakeBroker, hub: string): Promise<void> => {
  const claimed = (await warehouse.loader.claim('joined', hub, [0])).get(0);
  if (!claimed) throw new Error('the partition was not claimed');
  let position = claimed;
  const messages = broker.log('joined');
  const middle = Math.floor(messages.length / 2);
  const batches = [messages.slice(0, middle), messages.slice(middle), messages.slice(middle)];
  for (const batch of batches) {
    if (batch.length === 0) continue;
    const events = batch.flatMap(({ body }) =>
      readMessage<[BookingPaymentJoined, JoinProgress]>(body, [bookingPaymentJoined, joinProgress]),
    );
    const joined = events.flatMap((reading) =>
      reading.ok && reading.event.type === 'booking-payment.joined' ? [reading.event] : [],
    );
    const first = position.sequenceNumber === null ? 0 : position.sequenceNumber + 1;
    const content = {
      joined,
      progress: [],
      quarantined: [],
      firstSequenceNumber: first,
      lastSequenceNumber: first + batch.length,
    };
    ({ position } = await warehouse.loader.load({ hub, partition: 0, expected: position, ...content }));
  }
};

const rawTable = `
  create table raw (
    input text, booking_id text, payment_id text, at timestamptz, kind text, amount bigint, hold timestamptz)`;

/** Everything that came in, as rows; those of one schedule have names of their own. */
const keepRaw = async (sql: PGlite, broker: FakeBroker): Promise<void> => {
  for (const input of ['bookings', 'payments'])
    for (const { body } of broker.log(input)) {
      const { type, id, subject, time, data } = JSON.parse(Buffer.from(body).toString());
      if (type === 'stream.tick') continue;
      await sql.query('insert into raw values ($1, $2, $3, $4, $5, $6, $7)', [
        input,
        subject,
        id,
        time,
        data.kind ?? null,
        data.amountMinor ?? data.totalMinor,
        data.holdExpiresAt ?? null,
      ]);
    }
};

/** The join and the fold of everything, in one statement: of two contents under one id the earlier stays. */
const truth = `
  with booking as (
    select distinct on (booking_id) booking_id, at, amount as total, hold
    from raw where input = 'bookings'
    order by booking_id, at
  ), payment as (
    select distinct on (booking_id, payment_id) booking_id, payment_id, at, kind, amount
    from raw where input = 'payments'
    order by booking_id, payment_id, at
  ), folded as (
    select b.booking_id, b.total, b.at,
      coalesce(sum(p.amount) filter (where p.kind = 'captured'), 0) as captured,
      coalesce(sum(p.amount) filter (where p.kind = 'refunded'), 0) as refunded,
      count(*) filter (where p.kind = 'captured') as captures,
      count(*) filter (where p.kind = 'declined') as declines,
      count(*) filter (where p.kind = 'refunded') as refunds,
      min(p.at) filter (where p.kind = 'captured') <= b.hold as in_time
    from booking b left join payment p using (booking_id)
    group by b.booking_id, b.total, b.at, b.hold
  )
  select booking_id as "bookingId", total::int as "totalMinor", captured::int as "capturedMinor", refunded::int as "refundedMinor",
    (captures + declines)::int as attempts, captured > total as overpaid, extract(epoch from at)::float8 * 1000 as "placedAt",
    case
      when captures = 0 and declines = 0 then 'unpaid'
      when captures = 0 then 'declined'
      when refunds > 0 and refunded >= captured then 'refunded'
      when refunds > 0 then 'partially-refunded'
      when in_time then 'captured'
      else 'captured-late'
    end as state,
    coalesce((select string_agg(payment_id || ' ' || amount, ',' order by payment_id collate "C") from payment p where p.booking_id = f.booking_id), '') as payments
  from folded f
  order by booking_id collate "C"`;

const orphans = `
  select distinct booking_id || ' ' || payment_id as orphan from raw
  where input = 'payments' and booking_id not in (select booking_id from raw where input = 'bookings')
  order by 1`;

const everyRow = async <Row>(
  page: (after: string | undefined) => Promise<{ readonly rows: readonly Row[]; readonly next: string | null }>,
) => {
  const all: Row[] = [];
  for (let after: string | undefined; ;) {
    const { rows, next } = await page(after);
    all.push(...rows);
    if (next === null) return all;
    after = next;
  }
};

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

test('the warehouse holds what SQL over everything that came in says', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'facts-'));
  try {
    await using embedded = await startEmbeddedWarehouse({ dataDirectory: folder, port: 0 });
    await using warehouse = await openWarehouse({ warehouseUrl: embedded.url });
    await warehouse.migrate();
    await using sql = await PGlite.create();
    await sql.exec(rawTable);
    let schedules = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(), steps(contents), async (seed, schedule) => {
        const prefix = String(schedules++).padStart(4, '0');
        const named = [...heardOf, ...schedule].map((step) =>
          step.do === 'publish'
            ? { ...step, content: { ...step.content, subject: `${prefix}${Reflect.get(step.content, 'subject')}` } }
            : step,
        );
        const broker = await play(named, seed);
        await load(warehouse, broker, `joined-${prefix}`);
        await keepRaw(sql, broker);
      }),
      { numRuns: 150 },
    );
    const found = await everyRow((after) => warehouse.reports.bookings({ limit: 1000, after }));
    const rows = found.map(
      ({ bookingId, totalMinor, capturedMinor, refundedMinor, attempts, overpaid, placedAt, state, payments }) => ({
        bookingId,
        totalMinor,
        capturedMinor,
        refundedMinor,
        attempts,
        overpaid,
        placedAt: Date.parse(placedAt),
        state: state === 'pending' || state === 'abandoned' ? 'unpaid' : state,
        payments: payments
          .toSorted((a, b) => byBytes(a.paymentId, b.paymentId))
          .map(({ paymentId, amountMinor }) => `${paymentId} ${amountMinor}`)
          .join(),
      }),
    );
    expect(rows.length).toBeGreaterThan(200);
    const inOrder = rows.toSorted((a, b) => byBytes(a.bookingId, b.bookingId));
    expect(inOrder).toEqual((await sql.query(truth)).rows);
    const alone = await everyRow((after) => warehouse.reports.orphanPayments({ limit: 1000, after }));
    const stray = alone.map(({ bookingId, paymentId }) => `${bookingId} ${paymentId}`).toSorted(byBytes);
    expect(stray).toEqual((await sql.query<{ orphan: string }>(orphans)).rows.map(({ orphan }) => orphan));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
