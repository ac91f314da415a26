import pg from 'pg';
import type { Sabotage, Tampered } from '../tamper.ts';

const choose = `
  select p.booking_id as "bookingId", p.payment_id as "paymentId"
  from warehouse.fact_payment p
  where p.run_id = $1 and p.kind = 'captured'
  order by p.booking_id, p.payment_id
  limit 1`;

const drop = `
  delete from warehouse.fact_payment p
  where p.booking_id = $1 and p.payment_id = $2
  returning to_jsonb(p)::text as document`;

const restore = `
  insert into warehouse.fact_payment
  select (jsonb_populate_record(null::warehouse.fact_payment, $1::jsonb)).*`;

// The key's index is what every report finds payments by, so another stands in for it meanwhile.
const liftKey = `
  alter table warehouse.fact_payment drop constraint fact_payment_key;
  create index fact_payment_stand_in on warehouse.fact_payment (booking_id, payment_id)`;
const putKeyBack = `
  drop index warehouse.fact_payment_stand_in;
  alter table warehouse.fact_payment add constraint fact_payment_key primary key (booking_id, payment_id)`;

const double = `
  insert into warehouse.fact_payment
  select p.* from warehouse.fact_payment p
  where p.booking_id = $1 and p.payment_id = $2`;

const single = `
  delete from warehouse.fact_payment
  where booking_id = $1 and payment_id = $2
    and ctid <> (
      select min(p.ctid)
      from warehouse.fact_payment p
      where p.booking_id = $1 and p.payment_id = $2)`;

const addMinor = `
  update warehouse.fact_payment
  set amount_minor = amount_minor + $3
  where booking_id = $1 and payment_id = $2`;

/** Runs statements in one transaction on a connection of their own. */
const change = async <Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } finally {
    // Ending the connection rolls back what is not committed.
    await client.end();
  }
};

/** @see tamper */
export const tamperPg = (url: string, runId: string, sabotage: Sabotage): Promise<Tampered> =>
  change(url, async (client) => {
    const { rows } = await client.query<{ bookingId: string; paymentId: string }>(choose, [runId]);
    const [found] = rows;
    if (!found) throw new Error(`run ${runId} has no captured payment in the warehouse to tamper with`);
    const key = [found.bookingId, found.paymentId];
    const row = `warehouse.fact_payment, booking ${found.bookingId}, payment ${found.paymentId}`;
    const undoBy = (undo: (again: pg.Client) => Promise<unknown>): Tampered => ({
      row,
      undo: async () => {
        await change(url, undo);
      },
    });
    switch (sabotage) {
      case 'drop': {
        const dropped = await client.query<{ document: string }>(drop, key);
        return undoBy((again) => again.query(restore, [dropped.rows[0]?.document]));
      }
      case 'double':
        await client.query(liftKey);
        await client.query(double, key);
        return undoBy(async (again) => {
          await again.query(single, key);
          await again.query(putKeyBack);
        });
      case 'cent':
        await client.query(addMinor, [...key, 1]);
        return undoBy((again) => again.query(addMinor, [...key, -1]));
      default:
        return sabotage satisfies never;
    }
  });
