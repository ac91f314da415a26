/** What is there of the bookings $1, as far as it decides about a new content. */
export const selectBookings = `
  select booking_id as "bookingId", '' as "paymentId", placed_at as at, source, content_hash as "contentHash",
    origin_hub as hub, origin_partition as partition, origin_sequence as "sequenceNumber", origin_index as index,
    on_time as "onTime"
  from warehouse.fact_booking
  where booking_id = any($1::text[])`;

/** The same of the payments with booking ids $1 and payment ids $2, pair by pair. */
export const selectPayments = `
  select p.booking_id as "bookingId", p.payment_id as "paymentId", p.processed_at as at, p.source,
    p.content_hash as "contentHash", p.origin_hub as hub, p.origin_partition as partition,
    p.origin_sequence as "sequenceNumber", p.origin_index as index, p.on_time as "onTime"
  from unnest($1::text[], $2::text[]) as come(booking_id, payment_id)
  join warehouse.fact_payment p on p.booking_id = come.booking_id and p.payment_id = come.payment_id`;

/** The bookings $1 were late at first, and have come on time since. */
export const markBookingsOnTime = `
  update warehouse.fact_booking
  set on_time = true
  where booking_id = any($1::text[])`;

/** The same of the payments with booking ids $1 and payment ids $2, pair by pair. */
export const markPaymentsOnTime = `
  update warehouse.fact_payment held
  set on_time = true
  from unnest($1::text[], $2::text[]) as come(booking_id, payment_id)
  where held.booking_id = come.booking_id and held.payment_id = come.payment_id`;

export const insertBookings = `
  insert into warehouse.fact_booking (
    booking_id, event_id, source, content_hash, placed_at, hold_expires_at, date_key, show_key, customer_key, channel_key,
    currency, seats, price_minor, fee_minor, discount_minor, total_minor, run_id, scenario, joined_partition,
    origin_hub, origin_partition, origin_sequence, origin_index, enqueued_at, on_time)
  select booking_id, event_id, source, content_hash, placed_at, hold_expires_at, date_key, show_key, customer_key, channel_key,
    currency, seats, price_minor, fee_minor, discount_minor, total_minor, run_id, scenario, joined_partition,
    origin_hub, origin_partition, origin_sequence, origin_index, enqueued_at, on_time
  from jsonb_to_recordset($1::jsonb) as come(
    booking_id text, event_id text, source text, content_hash text, placed_at timestamptz, hold_expires_at timestamptz,
    date_key integer, show_key bigint, customer_key bigint, channel_key bigint, currency text, seats integer,
    price_minor bigint, fee_minor bigint, discount_minor bigint, total_minor bigint, run_id text, scenario text,
    joined_partition integer, origin_hub text, origin_partition integer, origin_sequence bigint, origin_index integer,
    enqueued_at timestamptz, on_time boolean)`;

/** A content that comes first takes the place of the one that was there; loaded_at says when. A better place alone does not. */
export const replaceBookings = `
  update warehouse.fact_booking held
  set event_id = come.event_id, source = come.source, content_hash = come.content_hash, placed_at = come.placed_at,
    hold_expires_at = come.hold_expires_at, date_key = come.date_key, show_key = come.show_key,
    customer_key = come.customer_key, channel_key = come.channel_key, currency = come.currency, seats = come.seats,
    price_minor = come.price_minor, fee_minor = come.fee_minor, discount_minor = come.discount_minor,
    total_minor = come.total_minor, run_id = come.run_id, scenario = come.scenario,
    joined_partition = come.joined_partition, origin_hub = come.origin_hub, origin_partition = come.origin_partition,
    origin_sequence = come.origin_sequence, origin_index = come.origin_index, enqueued_at = come.enqueued_at,
    on_time = held.on_time or come.on_time,
    loaded_at = case when held.content_hash = come.content_hash then held.loaded_at else clock_timestamp() end
  from jsonb_to_recordset($1::jsonb) as come(
    booking_id text, event_id text, source text, content_hash text, placed_at timestamptz, hold_expires_at timestamptz,
    date_key integer, show_key bigint, customer_key bigint, channel_key bigint, currency text, seats integer,
    price_minor bigint, fee_minor bigint, discount_minor bigint, total_minor bigint, run_id text, scenario text,
    joined_partition integer, origin_hub text, origin_partition integer, origin_sequence bigint, origin_index integer,
    enqueued_at timestamptz, on_time boolean)
  where held.booking_id = come.booking_id`;

export const deleteSeats = `
  delete from warehouse.fact_booking_seat
  where booking_id = any($1::text[])`;

export const insertSeats = `
  insert into warehouse.fact_booking_seat (
    booking_id, seat_index, section, seat_row, seat, price_minor, fee_minor, discount_minor)
  select booking_id, seat_index, section, seat_row, seat, price_minor, fee_minor, discount_minor
  from jsonb_to_recordset($1::jsonb) as come(
    booking_id text, seat_index integer, section text, seat_row text, seat text, price_minor bigint, fee_minor bigint,
    discount_minor bigint)`;

export const insertPayments = `
  insert into warehouse.fact_payment (
    booking_id, payment_id, source, content_hash, processed_at, date_key, kind, attempt, method, decline_reason,
    amount_minor, currency, run_id, scenario, joined_partition, origin_hub, origin_partition, origin_sequence, origin_index,
    enqueued_at, on_time)
  select booking_id, payment_id, source, content_hash, processed_at, date_key, kind, attempt, method, decline_reason,
    amount_minor, currency, run_id, scenario, joined_partition, origin_hub, origin_partition, origin_sequence, origin_index,
    enqueued_at, on_time
  from jsonb_to_recordset($1::jsonb) as come(
    booking_id text, payment_id text, source text, content_hash text, processed_at timestamptz, date_key integer, kind text,
    attempt integer, method text, decline_reason text, amount_minor bigint, currency text, run_id text, scenario text,
    joined_partition integer, origin_hub text, origin_partition integer, origin_sequence bigint, origin_index integer,
    enqueued_at timestamptz, on_time boolean)`;

/** @see replaceBookings */
export const replacePayments = `
  update warehouse.fact_payment held
  set source = come.source, content_hash = come.content_hash, processed_at = come.processed_at, date_key = come.date_key,
    kind = come.kind, attempt = come.attempt, method = come.method, decline_reason = come.decline_reason,
    amount_minor = come.amount_minor, currency = come.currency, run_id = come.run_id, scenario = come.scenario,
    joined_partition = come.joined_partition, origin_hub = come.origin_hub, origin_partition = come.origin_partition,
    origin_sequence = come.origin_sequence, origin_index = come.origin_index, enqueued_at = come.enqueued_at,
    on_time = held.on_time or come.on_time,
    loaded_at = case when held.content_hash = come.content_hash then held.loaded_at else clock_timestamp() end
  from jsonb_to_recordset($1::jsonb) as come(
    booking_id text, payment_id text, source text, content_hash text, processed_at timestamptz, date_key integer, kind text,
    attempt integer, method text, decline_reason text, amount_minor bigint, currency text, run_id text, scenario text,
    joined_partition integer, origin_hub text, origin_partition integer, origin_sequence bigint, origin_index integer,
    enqueued_at timestamptz, on_time boolean)
  where held.booking_id = come.booking_id and held.payment_id = come.payment_id`;

/** Answers a row for each content that was not known to have lost. */
export const keepConflicts = `
  insert into warehouse.fact_conflict (booking_id, payment_id, content_hash, source, event_time, joined_partition)
  select "bookingId", "paymentId", "contentHash", source, at, "joinedPartition"
  from jsonb_to_recordset($1::jsonb) as come(
    "bookingId" text, "paymentId" text, "contentHash" text, source text, at timestamptz, "joinedPartition" integer)
  on conflict (booking_id, payment_id, content_hash) do nothing
  returning 1`;

/** Keeps the earliest release of each booking; answers the bookings that had one. */
export const keepReleases = `
  with come as (
    select "bookingId" as booking_id, "releasedAt" as released_at
    from jsonb_to_recordset($1::jsonb) as come("bookingId" text, "releasedAt" timestamptz)
  ), there as (
    select held.booking_id
    from warehouse.fact_release held
    join come on come.booking_id = held.booking_id
  ), kept as (
    insert into warehouse.fact_release as held (booking_id, released_at)
    select booking_id, released_at from come
    order by booking_id
    on conflict (booking_id) do update set released_at = excluded.released_at
    where excluded.released_at < held.released_at
  )
  select booking_id as "bookingId" from there`;

/**
 * The fold of the bookings $1: the table in the README, row by row. A payment in another currency than the booking's is set
 * aside. A booking whose fold is unchanged is not written.
 */
export const refold = `
  with sums as (
    select b.booking_id, b.total_minor, b.hold_expires_at, r.released_at,
      count(*) filter (where p.kind = 'captured' and p.currency = b.currency) as captures,
      count(*) filter (where p.kind = 'declined' and p.currency = b.currency) as declines,
      count(*) filter (where p.kind = 'refunded' and p.currency = b.currency) as refunds,
      count(*) filter (where p.currency <> b.currency) as foreign_payments,
      coalesce(sum(p.amount_minor) filter (where p.kind = 'captured' and p.currency = b.currency), 0) as captured_minor,
      coalesce(sum(p.amount_minor) filter (where p.kind = 'refunded' and p.currency = b.currency), 0) as refunded_minor,
      min(p.processed_at) filter (where p.kind = 'captured' and p.currency = b.currency) as paid_at
    from unnest($1::text[]) as touched(booking_id)
    join warehouse.fact_booking b on b.booking_id = touched.booking_id
    left join warehouse.fact_payment p on p.booking_id = b.booking_id
    left join warehouse.fact_release r on r.booking_id = b.booking_id
    group by b.booking_id, r.booking_id
  ), folded as (
    select booking_id,
      case
        when captures = 0 and declines = 0 then 'none'
        when captures = 0 then 'declined'
        when refunds > 0 and refunded_minor >= captured_minor then 'refunded'
        when refunds > 0 then 'partially-refunded'
        when paid_at <= hold_expires_at then 'captured'
        else 'captured-late'
      end as status,
      captured_minor > total_minor as overpaid,
      captured_minor, refunded_minor, captures + declines as attempts, foreign_payments, paid_at,
      case when captures = 0 then released_at end as released_at
    from sums
  )
  update warehouse.fact_booking held
  set status = folded.status, overpaid = folded.overpaid, captured_minor = folded.captured_minor,
    refunded_minor = folded.refunded_minor, attempts = folded.attempts, foreign_payments = folded.foreign_payments,
    paid_at = folded.paid_at, released_at = folded.released_at
  from folded
  where held.booking_id = folded.booking_id
    and (held.status, held.overpaid, held.captured_minor, held.refunded_minor, held.attempts, held.foreign_payments,
        held.paid_at, held.released_at)
      is distinct from (folded.status, folded.overpaid, folded.captured_minor, folded.refunded_minor, folded.attempts,
        folded.foreign_payments, folded.paid_at, folded.released_at)`;
