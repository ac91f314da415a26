import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Expected } from './oracle.ts';

const facts = `
  select jsonb_build_object(
    'bookings', (select coalesce(jsonb_agg(jsonb_build_object(
        'bookingId', b.booking_id, 'eventId', b.event_id, 'source', b.source, 'placedAt', b.placed_at,
        'sequence', b.origin_sequence, 'totalMinor', b.total_minor,
        'seats', (select jsonb_agg(s.price_minor order by s.seat_index) from warehouse.fact_booking_seat s
          where s.booking_id = b.booking_id),
        'status', b.status, 'overpaid', b.overpaid, 'capturedMinor', b.captured_minor, 'refundedMinor', b.refunded_minor,
        'attempts', b.attempts, 'foreignPayments', b.foreign_payments, 'paidAt', b.paid_at,
        'releasedAt', b.released_at)), '[]') from warehouse.fact_booking b),
    'payments', (select coalesce(jsonb_agg(jsonb_build_object(
        'bookingId', p.booking_id, 'paymentId', p.payment_id, 'source', p.source, 'processedAt', p.processed_at,
        'kind', p.kind, 'amountMinor', p.amount_minor, 'currency', p.currency, 'sequence', p.origin_sequence)), '[]')
      from warehouse.fact_payment p),
    'conflicts', (select coalesce(jsonb_agg(f.booking_id || '/' || f.payment_id || '/' || f.content_hash), '[]')
      from warehouse.fact_conflict f)) as document`;

const everything = `
  select jsonb_build_object(
    'booking', (select jsonb_agg(to_jsonb(t) - 'loaded_at' order by t.booking_id) from warehouse.fact_booking t),
    'seat', (select jsonb_agg(to_jsonb(t) order by t.booking_id, t.seat_index) from warehouse.fact_booking_seat t),
    'payment', (select jsonb_agg(to_jsonb(t) - 'loaded_at' order by t.booking_id, t.payment_id) from warehouse.fact_payment t),
    'release', (select jsonb_agg(to_jsonb(t) order by t.booking_id) from warehouse.fact_release t),
    'conflict', (select jsonb_agg(to_jsonb(t) order by t.booking_id, t.payment_id, t.content_hash) from warehouse.fact_conflict t),
    'show', (select jsonb_agg(to_jsonb(t) order by t.show_key) from warehouse.dim_show t),
    'venue', (select jsonb_agg(to_jsonb(t) order by t.venue_key) from warehouse.dim_venue t),
    'customer', (select jsonb_agg(to_jsonb(t) order by t.customer_key) from warehouse.dim_customer t),
    'date', (select jsonb_agg(to_jsonb(t) order by t.date_key) from warehouse.dim_date t),
    'ledger', (select jsonb_agg(to_jsonb(t) - 'loaded_at' order by t.partition) from warehouse.ingest_ledger t),
    'quarantine', (select jsonb_agg(to_jsonb(t) - 'loaded_at' - 'entry' order by t.id) from warehouse.quarantine t))::text
    as document`;

// Not TRUNCATE, which makes new files of every table and index: tests do this often.
const empty = `
  delete from warehouse.fact_booking;
  delete from warehouse.fact_booking_seat;
  delete from warehouse.fact_payment;
  delete from warehouse.fact_release;
  delete from warehouse.fact_conflict;
  delete from warehouse.dim_show;
  delete from warehouse.dim_venue;
  delete from warehouse.dim_customer;
  delete from warehouse.dim_channel;
  delete from warehouse.dim_date;
  delete from warehouse.ingest_offset;
  delete from warehouse.ingest_ledger;
  delete from warehouse.quarantine`;

/** A look at the tables themselves, past the port. */
export interface Database extends AsyncDisposable {
  empty(): Promise<void>;
  /** The facts in the oracle's words. */
  facts(): Promise<Expected>;
  /** All tables but their load times, as one text. */
  everything(): Promise<string>;
  run(statement: string): Promise<void>;
}

const instant = /^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/;

/** PostgreSQL writes times inside JSON with an offset and without trailing zeros. */
const revive = (_: string, value: unknown): unknown =>
  typeof value === 'string' && instant.test(value) ? new Date(value).toISOString() : value;

const byText = (a: object, b: object): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
/** jsonb orders keys as it likes; the oracle's order is the one to compare in. */
const inOrder = (keys: readonly string[], row: object): object => {
  const values = new Map<string, unknown>(Object.entries(row));
  return Object.fromEntries(keys.map((key) => [key, values.get(key)]));
};

const keysOf = (rows: readonly object[], keys: string): object[] =>
  rows.map((row) => inOrder(keys.split(' '), row)).toSorted(byText);

export const lookInto = async (url: string): Promise<Database> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const one = async (statement: string): Promise<string> => {
    const { rows } = await client.query<{ document: string }>(statement);
    return rows[0]?.document ?? '';
  };
  return {
    empty: async () => void (await client.query(empty)),
    async facts() {
      const found: Expected = JSON.parse(JSON.stringify(await one(facts)), revive);
      return {
        bookings: keysOf(
          found.bookings,
          'bookingId eventId source placedAt sequence totalMinor seats status overpaid capturedMinor refundedMinor attempts foreignPayments paidAt releasedAt',
        ),
        payments: keysOf(found.payments, 'bookingId paymentId source processedAt kind amountMinor currency sequence'),
        conflicts: found.conflicts.toSorted(),
      };
    },
    everything: () => one(everything),
    run: async (statement) => void (await client.query(statement)),
    [Symbol.asyncDispose]: () => client.end(),
  };
};

/** A database of its own on a PostgreSQL server, dropped when disposed of. */
export const createDatabase = async (serverUrl: string): Promise<AsyncDisposable & { readonly url: string }> => {
  const name = `boxoffice_test_${randomUUID().replaceAll('-', '')}`;
  const change = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: serverUrl });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  };
  // The name is made here of hexadecimal digits: DDL takes no parameters.
  await change(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, [Symbol.asyncDispose]: () => change(`drop database ${name} with (force)`) };
};
