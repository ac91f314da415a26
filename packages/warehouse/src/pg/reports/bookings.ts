import type pg from 'pg';
import { checkLimit, page, readCursor } from '../../cursor.ts';
import type { BookingDetail, BookingRow, Page, PaymentRow, Reports } from '../../reports.ts';

// Times inside JSON are written as the driver writes the others: ISO 8601, UTC, milliseconds.
const bookingsPage = `
  select b.booking_id as "bookingId", state.state, b.overpaid, b.run_id as "runId", s.show_id as "showId",
    s.title as "showTitle", c.channel, b.currency, b.seats as "seatCount", b.total_minor as "totalMinor",
    b.captured_minor as "capturedMinor", b.refunded_minor as "refundedMinor", b.attempts,
    b.foreign_payments as "foreignPayments", b.placed_at as "placedAt", b.hold_expires_at as "holdExpiresAt",
    b.paid_at as "paidAt", b.released_at as "releasedAt", b.enqueued_at as "enqueuedAt", b.loaded_at as "loadedAt",
    payments.payments
  from warehouse.fact_booking b
  left join warehouse.dim_show s on s.show_key = b.show_key
  left join warehouse.dim_channel c on c.channel_key = b.channel_key
  left join warehouse.ingest_ledger l on l.partition = b.joined_partition
  cross join lateral (
    select case
      when b.status <> 'none' then b.status
      when l.watermark > b.hold_expires_at then 'abandoned'
      else 'pending'
    end as state
  ) as state
  cross join lateral (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'bookingId', p.booking_id, 'paymentId', p.payment_id, 'kind', p.kind, 'attempt', p.attempt, 'method', p.method,
          'declineReason', p.decline_reason, 'amountMinor', p.amount_minor, 'currency', p.currency,
          'processedAt', to_char(p.processed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
          'enqueuedAt', to_char(p.enqueued_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
          'loadedAt', to_char(p.loaded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
        order by p.processed_at, p.payment_id),
      '[]') as payments
    from warehouse.fact_payment p
    where p.booking_id = b.booking_id
  ) as payments
  where ($1::text is null or b.booking_id > $1)
    and ($2::text is null or b.run_id = $2)
    and ($3::text is null or state.state = $3)
    and ($4::text is null or b.booking_id = $4)
  order by b.booking_id
  limit $5`;

const bookingDetail = `
  select d.customer_hash as "customerHash", v.venue_name as "venueName", v.city, s.category, s.starts_at as "startsAt",
    (
      select jsonb_agg(
        jsonb_build_object('section', t.section, 'row', t.seat_row, 'seat', t.seat, 'priceMinor', t.price_minor,
          'feeMinor', t.fee_minor, 'discountMinor', t.discount_minor)
        order by t.seat_index)
      from warehouse.fact_booking_seat t
      where t.booking_id = b.booking_id
    ) as seats,
    (select count(*) from warehouse.fact_conflict f where f.booking_id = b.booking_id) as conflicts
  from warehouse.fact_booking b
  left join warehouse.dim_customer d on d.customer_key = b.customer_key
  left join warehouse.dim_show s on s.show_key = b.show_key
  left join warehouse.dim_venue v on v.venue_key = s.venue_key
  where b.booking_id = $1`;

const orphans = `
  select p.booking_id as "bookingId", p.payment_id as "paymentId", p.kind, p.attempt, p.method,
    p.decline_reason as "declineReason", p.amount_minor as "amountMinor", p.currency, p.processed_at as "processedAt",
    p.enqueued_at as "enqueuedAt", p.loaded_at as "loadedAt"
  from warehouse.fact_payment p
  where ($1::text is null or (p.booking_id, p.payment_id) > ($1, $2))
    and ($3::text is null or p.run_id = $3)
    and not exists (select from warehouse.fact_booking b where b.booking_id = p.booking_id)
  order by p.booking_id, p.payment_id
  limit $4`;

/** @see Reports.bookings */
export const bookings = async (
  pool: pg.Pool,
  { run, state, limit, after }: Parameters<Reports['bookings']>[0],
): Promise<Page<BookingRow>> => {
  const values = [...readCursor(after, 1), run ?? null, state ?? null, null, checkLimit(limit) + 1];
  const { rows } = await pool.query<BookingRow>(bookingsPage, values);
  return page(rows, limit, (row) => [row.bookingId]);
};

/** @see Reports.booking */
export const booking = async (pool: pg.Pool, bookingId: string): Promise<BookingDetail | null> => {
  if (bookingId.includes('\0')) return null;
  const [row] = (await pool.query<BookingRow>(bookingsPage, [null, null, null, bookingId, 1])).rows;
  if (!row) return null;
  const [detail] = (await pool.query<Omit<BookingDetail, keyof BookingRow>>(bookingDetail, [bookingId])).rows;
  return detail ? { ...row, ...detail } : null;
};

/** @see Reports.orphanPayments */
export const orphanPayments = async (
  pool: pg.Pool,
  { run, limit, after }: Parameters<Reports['orphanPayments']>[0],
): Promise<Page<PaymentRow>> => {
  const { rows } = await pool.query<PaymentRow>(orphans, [...readCursor(after, 2), run ?? null, checkLimit(limit) + 1]);
  return page(rows, limit, (row) => [row.bookingId, row.paymentId]);
};
