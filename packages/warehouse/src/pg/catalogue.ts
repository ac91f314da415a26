import type { Show } from '@boxoffice/schemas';
import type pg from 'pg';
import type { Catalogue } from '../warehouse.ts';
import { transaction } from './connection.ts';

const seedVenues = `
  insert into operational.venue as held (venue_id, venue_name, city, catalogue_version)
  select distinct on (come."venueId" collate "C") come."venueId", come."venueName", come.city, come."catalogueVersion"
  from jsonb_to_recordset($1::jsonb) as come("venueId" text, "venueName" text, city text, "catalogueVersion" bigint)
  order by come."venueId" collate "C", come."catalogueVersion" desc
  on conflict (venue_id) do update
  set venue_name = excluded.venue_name, city = excluded.city, catalogue_version = excluded.catalogue_version
  where excluded.catalogue_version > held.catalogue_version`;

const seedShows = `
  insert into operational.show as held (show_id, catalogue_version, title, category, starts_at, venue_id, capacity)
  select distinct on (come."showId" collate "C")
    come."showId", come."catalogueVersion", come.title, come.category, come."startsAt", come."venueId", come.capacity
  from jsonb_to_recordset($1::jsonb) as come(
    "showId" text, "catalogueVersion" bigint, title text, category text, "startsAt" timestamptz, "venueId" text,
    capacity integer)
  order by come."showId" collate "C", come."catalogueVersion" desc
  on conflict (show_id) do update
  set catalogue_version = excluded.catalogue_version, title = excluded.title, category = excluded.category,
    starts_at = excluded.starts_at, venue_id = excluded.venue_id, capacity = excluded.capacity
  where excluded.catalogue_version > held.catalogue_version`;

const allShows = `
  select s.show_id as "showId", s.catalogue_version as "catalogueVersion", s.title, s.category, s.starts_at as "startsAt",
    v.venue_id as "venueId", v.venue_name as "venueName", v.city, s.capacity
  from operational.show s
  join operational.venue v on v.venue_id = s.venue_id
  order by s.show_id`;

/** The catalogue in the schema `operational`. */
export const pgCatalogue = ({ loading, reading }: { readonly loading: pg.Pool; readonly reading: pg.Pool }): Catalogue => ({
  async seed(shows) {
    const document = JSON.stringify(shows);
    await transaction(loading, async (client) => {
      await client.query(seedVenues, [document]);
      await client.query(seedShows, [document]);
    });
  },
  async shows() {
    const { rows } = await reading.query<Show>(allShows);
    return rows;
  },
});
