-- The star schema. Money is whole minor units beside its currency; ids compare by bytes (collation "C"), as the code does.

create schema if not exists warehouse;

create table warehouse.dim_show (
  show_key bigint primary key,
  show_id text collate "C" not null unique,
  -- 0 and no title until an event brings the catalogue's row; then the highest version seen.
  catalogue_version bigint not null,
  content_hash text collate "C" not null,
  title text,
  category text,
  starts_at timestamptz(3),
  venue_key bigint,
  capacity integer
);

create table warehouse.dim_venue (
  venue_key bigint primary key,
  venue_id text collate "C" not null unique,
  catalogue_version bigint not null,
  content_hash text collate "C" not null,
  venue_name text not null,
  city text not null
);

create table warehouse.dim_customer (
  customer_key bigint primary key,
  -- The shop's keyed hash of who booked; no name or address is ever here.
  customer_hash text collate "C" not null
);

create table warehouse.dim_channel (
  channel_key bigint primary key,
  channel text collate "C" not null unique
);

create table warehouse.dim_date (
  date_key integer primary key, -- yyyymmdd, UTC
  date_utc date not null unique,
  year integer not null,
  quarter integer not null,
  month integer not null,
  day integer not null,
  iso_weekday integer not null
);

create table warehouse.fact_booking (
  booking_id text collate "C" primary key,
  event_id text collate "C" not null,
  source text collate "C" not null,
  content_hash text collate "C" not null,
  placed_at timestamptz(3) not null,
  hold_expires_at timestamptz(3) not null,
  date_key integer not null,
  show_key bigint not null,
  customer_key bigint not null,
  channel_key bigint not null,
  currency text collate "C" not null,
  seats integer not null,
  price_minor bigint not null,
  fee_minor bigint not null,
  discount_minor bigint not null,
  total_minor bigint not null,
  run_id text collate "C",
  scenario text collate "C",
  joined_partition integer not null,
  origin_hub text collate "C" not null,
  origin_partition integer not null,
  origin_sequence bigint not null,
  origin_index integer not null,
  enqueued_at timestamptz(3) not null,
  on_time boolean not null, -- whether any event that carried it was on time at the joiner; decides nothing but the ledger
  loaded_at timestamptz(3) not null default clock_timestamp(),
  -- The fold: a function of this row, its payments and its release, rewritten by every batch that touches one of them.
  status text collate "C" not null default 'none',
  overpaid boolean not null default false,
  captured_minor bigint not null default 0,
  refunded_minor bigint not null default 0,
  attempts integer not null default 0,
  foreign_payments integer not null default 0,
  paid_at timestamptz(3),
  released_at timestamptz(3)
) with (fillfactor = 80); -- the fold rewrites a row in place while its page has room

create index fact_booking_run on warehouse.fact_booking (run_id, booking_id);
create index fact_booking_placed on warehouse.fact_booking (placed_at);

create table warehouse.fact_booking_seat (
  booking_id text collate "C" not null,
  seat_index integer not null,
  section text,
  seat_row text,
  seat text not null,
  price_minor bigint not null,
  fee_minor bigint not null,
  discount_minor bigint not null,
  primary key (booking_id, seat_index)
);

-- A payment may stand here before its booking, or without one.
create table warehouse.fact_payment (
  booking_id text collate "C" not null,
  payment_id text collate "C" not null,
  source text collate "C" not null,
  content_hash text collate "C" not null,
  processed_at timestamptz(3) not null,
  date_key integer not null,
  kind text collate "C" not null,
  attempt integer not null,
  method text collate "C" not null,
  decline_reason text,
  amount_minor bigint not null,
  currency text collate "C" not null,
  run_id text collate "C",
  scenario text collate "C",
  joined_partition integer not null,
  origin_hub text collate "C" not null,
  origin_partition integer not null,
  origin_sequence bigint not null,
  origin_index integer not null,
  enqueued_at timestamptz(3) not null,
  on_time boolean not null, -- whether any event that carried it was on time at the joiner; decides nothing but the ledger
  loaded_at timestamptz(3) not null default clock_timestamp(),
  constraint fact_payment_key primary key (booking_id, payment_id)
);

create index fact_payment_run on warehouse.fact_payment (run_id, booking_id, payment_id);

-- The notice that nothing had paid for a booking while its window was open.
create table warehouse.fact_release (
  booking_id text collate "C" primary key,
  released_at timestamptz(3) not null
);

-- Contents that lost against another content under the same id.
create table warehouse.fact_conflict (
  booking_id text collate "C" not null,
  payment_id text collate "C" not null, -- empty where the booking itself is in conflict
  content_hash text collate "C" not null,
  source text collate "C" not null,
  event_time timestamptz(3) not null,
  joined_partition integer not null,
  primary key (booking_id, payment_id, content_hash)
);

create table warehouse.ingest_offset (
  hub text collate "C" not null,
  partition integer not null,
  stream text collate "C" not null, -- joined or quarantine
  generation bigint not null, -- grows each time a writer claims the partition
  batch_start bigint, -- first sequence number of the last batch; null until one was loaded
  sequence_number bigint, -- last sequence number loaded
  loaded_at timestamptz(3),
  primary key (hub, partition)
);

create table warehouse.ingest_ledger (
  partition integer primary key,
  generation bigint not null,
  watermark timestamptz(3),
  bookings_read_to bigint,
  bookings_watermark timestamptz(3),
  payments_read_to bigint,
  payments_watermark timestamptz(3),
  received bigint not null,
  opened bigint not null,
  payments bigint not null,
  refunds bigint not null,
  duplicate bigint not null,
  late bigint not null,
  quarantined bigint not null,
  matched bigint not null,
  booking_unmatched bigint not null,
  payment_unmatched bigint not null,
  waiting_payments bigint not null, -- on time, and in no joined event yet
  cut_at timestamptz(3) not null,
  loaded_at timestamptz(3) not null default clock_timestamp()
);

create table warehouse.quarantine (
  entry bigint generated always as identity primary key, -- order of arrival here
  id text collate "C" not null unique,
  hub text collate "C" not null,
  partition integer not null,
  sequence_number bigint not null,
  message_index integer not null,
  enqueued_at timestamptz(3) not null,
  reason text collate "C" not null,
  detail text not null,
  body bytea not null,
  body_bytes bigint not null,
  loaded_at timestamptz(3) not null default clock_timestamp()
);
