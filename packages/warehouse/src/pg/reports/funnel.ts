import type pg from 'pg';
import type { Filter, Funnel } from '../../reports.ts';

const statement = `
  with placed as (
    select count(*) as placed,
      count(*) filter (where b.paid_at <= b.hold_expires_at) as "paidInTime",
      count(*) filter (where b.paid_at > b.hold_expires_at) as "paidLate",
      count(*) filter (where b.status = 'declined') as declined,
      count(*) filter (where b.status = 'none' and l.watermark > b.hold_expires_at) as abandoned,
      count(*) filter (where b.status = 'none' and (l.watermark > b.hold_expires_at) is not true) as pending,
      count(*) filter (where b.status = 'refunded') as refunded,
      count(*) filter (where b.status = 'partially-refunded') as "partiallyRefunded",
      count(*) filter (where b.overpaid) as overpaid
    from warehouse.fact_booking b
    left join warehouse.ingest_ledger l on l.partition = b.joined_partition
    where ($1::timestamptz is null or b.placed_at >= $1)
      and ($2::timestamptz is null or b.placed_at < $2)
      and ($3::text is null or b.run_id = $3)
  ), paid as (
    select count(*) filter (where p.kind = 'captured') as captured,
      count(*) filter (where p.kind = 'declined') as declined,
      count(*) filter (where p.kind = 'refunded') as refunded
    from warehouse.fact_payment p
    where ($1::timestamptz is null or p.processed_at >= $1)
      and ($2::timestamptz is null or p.processed_at < $2)
      and ($3::text is null or p.run_id = $3)
  )
  select placed.*, json_build_object('captured', paid.captured, 'declined', paid.declined, 'refunded', paid.refunded) as payments
  from placed
  cross join paid`;

/** @see Reports.funnel */
export const funnel = async (pool: pg.Pool, { from, to, run }: Filter): Promise<Funnel> => {
  const { rows } = await pool.query<Funnel>(statement, [from ?? null, to ?? null, run ?? null]);
  const [row] = rows;
  if (!row) throw new Error('the funnel is one row, but the database answered none');
  return row;
};
