import type pg from 'pg';
import type { SalesRequest, SalesRow } from '../../reports.ts';

const statement = `
  select date_trunc($1::text, b.placed_at at time zone 'UTC') at time zone 'UTC' as bucket,
    grouped.key as "groupKey", grouped.label as "groupLabel", b.currency,
    count(*) as bookings, sum(b.seats) as seats,
    sum(b.price_minor) as "grossMinor", sum(b.fee_minor) as "feesMinor", sum(b.discount_minor) as "discountsMinor",
    sum(b.total_minor) as "totalMinor", sum(b.refunded_minor) as "refundsMinor",
    sum(b.total_minor) - sum(b.refunded_minor) as "netMinor"
  from warehouse.fact_booking b
  left join warehouse.dim_show s on s.show_key = b.show_key
  left join warehouse.dim_venue v on v.venue_key = s.venue_key
  left join warehouse.dim_channel c on c.channel_key = b.channel_key
  cross join lateral (
    select
      case $2::text
        when 'show' then s.show_id
        when 'venue' then v.venue_id
        when 'city' then v.city
        when 'category' then s.category
        when 'channel' then c.channel
      end as key,
      case $2::text
        when 'show' then s.title
        when 'venue' then v.venue_name
        when 'city' then v.city
        when 'category' then s.category
        when 'channel' then c.channel
      end as label
  ) as grouped
  where b.status in ('captured', 'captured-late', 'partially-refunded', 'refunded')
    and ($3::timestamptz is null or b.placed_at >= $3)
    and ($4::timestamptz is null or b.placed_at < $4)
    and ($5::text is null or b.run_id = $5)
  group by 1, grouped.key, grouped.label, b.currency
  order by 1, grouped.key collate "C", grouped.label collate "C", b.currency`;

/** @see Reports.sales */
export const sales = async (pool: pg.Pool, { bucket, by, from, to, run }: SalesRequest): Promise<readonly SalesRow[]> =>
  (await pool.query<SalesRow>(statement, [bucket, by ?? null, from ?? null, to ?? null, run ?? null])).rows;
