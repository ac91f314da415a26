import type { Show } from '@boxoffice/schemas';
import type { PoolClient } from 'pg';
import type { BatchFacts } from '../batch-facts.ts';
import { dimensionKey, showHash, venueHash } from '../content-hash.ts';

// Each statement goes through its rows in the order of their keys, so that two loaders never wait for each other in a circle.

const keepVenues = `
  insert into warehouse.dim_venue as held (venue_key, venue_id, catalogue_version, content_hash, venue_name, city)
  select venue_key, venue_id, catalogue_version, content_hash, venue_name, city
  from jsonb_to_recordset($1::jsonb) as come(
    venue_key bigint, venue_id text, catalogue_version bigint, content_hash text, venue_name text, city text)
  order by venue_key
  on conflict (venue_key) do update
  set catalogue_version = excluded.catalogue_version, content_hash = excluded.content_hash,
    venue_name = excluded.venue_name, city = excluded.city
  where (excluded.catalogue_version, excluded.content_hash) > (held.catalogue_version, held.content_hash)`;

const keepShows = `
  insert into warehouse.dim_show as held (
    show_key, show_id, catalogue_version, content_hash, title, category, starts_at, venue_key, capacity)
  select show_key, show_id, catalogue_version, content_hash, title, category, starts_at, venue_key, capacity
  from jsonb_to_recordset($1::jsonb) as come(
    show_key bigint, show_id text, catalogue_version bigint, content_hash text, title text, category text,
    starts_at timestamptz, venue_key bigint, capacity integer)
  order by show_key
  on conflict (show_key) do update
  set catalogue_version = excluded.catalogue_version, content_hash = excluded.content_hash, title = excluded.title,
    category = excluded.category, starts_at = excluded.starts_at, venue_key = excluded.venue_key,
    capacity = excluded.capacity
  where (excluded.catalogue_version, excluded.content_hash) > (held.catalogue_version, held.content_hash)`;

const keepCustomers = `
  insert into warehouse.dim_customer (customer_key, customer_hash)
  select customer_key, customer_hash
  from jsonb_to_recordset($1::jsonb) as come(customer_key bigint, customer_hash text)
  order by customer_key
  on conflict (customer_key) do nothing`;

const keepChannels = `
  insert into warehouse.dim_channel (channel_key, channel)
  select channel_key, channel
  from jsonb_to_recordset($1::jsonb) as come(channel_key bigint, channel text)
  order by channel_key
  on conflict (channel_key) do nothing`;

const keepDates = `
  insert into warehouse.dim_date (date_key, date_utc, year, quarter, month, day, iso_weekday)
  select extract(year from day) * 10000 + extract(month from day) * 100 + extract(day from day), day, extract(year from day),
    extract(quarter from day), extract(month from day), extract(day from day), extract(isodow from day)
  from unnest($1::date[]) as come(day)
  order by day
  on conflict (date_key) do nothing`;

const keepNewest = (
  held: Map<string, { catalogue_version: number; content_hash: string }>,
  key: string,
  row: { readonly catalogue_version: number; readonly content_hash: string },
): void => {
  const other = held.get(key);
  const newer =
    other === undefined ||
    row.catalogue_version > other.catalogue_version ||
    (row.catalogue_version === other.catalogue_version && row.content_hash > other.content_hash);
  if (newer) held.set(key, row);
};

const showRow = (show: Show) => ({
  show_key: dimensionKey(show.showId),
  show_id: show.showId,
  catalogue_version: show.catalogueVersion,
  content_hash: showHash(show),
  title: show.title,
  category: show.category,
  starts_at: show.startsAt,
  venue_key: dimensionKey(show.venueId),
  capacity: show.capacity,
});

const venueRow = (show: Show) => ({
  venue_key: dimensionKey(show.venueId),
  venue_id: show.venueId,
  catalogue_version: show.catalogueVersion,
  content_hash: venueHash(show),
  venue_name: show.venueName,
  city: show.city,
});

const unknownShowRow = (showId: string) => ({
  show_key: dimensionKey(showId),
  show_id: showId,
  catalogue_version: 0,
  content_hash: '',
});

const insert = async (client: PoolClient, statement: string, rows: readonly object[]): Promise<void> => {
  if (rows.length > 0) await client.query(statement, [JSON.stringify(rows)]);
};

/** Puts in what the batch's facts will refer to. */
export const loadDimensions = async (client: PoolClient, facts: BatchFacts): Promise<void> => {
  const shows = new Map<string, ReturnType<typeof showRow> | ReturnType<typeof unknownShowRow>>();
  const venues = new Map<string, ReturnType<typeof venueRow>>();
  const seen = new Set<string>();
  for (const show of facts.shows) {
    // A batch repeats few shows many times over; each is hashed once.
    const content = JSON.stringify(show);
    if (seen.has(content)) continue;
    seen.add(content);
    keepNewest(shows, show.showId, showRow(show));
    keepNewest(venues, show.venueId, venueRow(show));
  }
  for (const showId of facts.showIds) if (!shows.has(showId)) shows.set(showId, unknownShowRow(showId));
  const customers = new Set<string>();
  const channels = new Set<string>();
  const days = new Set<string>();
  for (const { booking, at } of facts.bookings.values()) {
    customers.add(booking.event.data.customerKey);
    channels.add(booking.event.data.channel);
    days.add(at.slice(0, 10));
  }
  for (const { at } of facts.payments.values()) days.add(at.slice(0, 10));

  await insert(client, keepVenues, [...venues.values()]);
  await insert(client, keepShows, [...shows.values()]);
  const customerRows = [...customers].map((hash) => ({ customer_key: dimensionKey(hash), customer_hash: hash }));
  await insert(client, keepCustomers, customerRows);
  await insert(
    client,
    keepChannels,
    [...channels].map((channel) => ({ channel_key: dimensionKey(channel), channel })),
  );
  if (days.size > 0) await client.query(keepDates, [[...days]]);
};
