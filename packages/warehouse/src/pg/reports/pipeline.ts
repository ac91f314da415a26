import type pg from 'pg';
import type { Instant, PartitionProgress, Pipeline } from '../../reports.ts';

const statement = `
  select o.partition, o.sequence_number as "joinedReadTo", o.loaded_at as "joinedLoadedAt", l.watermark, l.generation,
    l.bookings_read_to as "bookingsReadTo", l.bookings_watermark as "bookingsWatermark",
    l.payments_read_to as "paymentsReadTo", l.payments_watermark as "paymentsWatermark", l.cut_at as "cutAt",
    l.loaded_at as "progressLoadedAt"
  from warehouse.ingest_offset o
  left join warehouse.ingest_ledger l on l.partition = o.partition
  where o.stream = 'joined'
  order by o.partition`;

const smallest = (partitions: readonly PartitionProgress[]): Instant | null => {
  let least: Instant | null = null;
  for (const { watermark } of partitions) {
    if (watermark === null) return null;
    if (least === null || watermark < least) least = watermark;
  }
  return least;
};

/** @see Reports.pipeline */
export const pipeline = async (pool: pg.Pool): Promise<Pipeline> => {
  const { rows } = await pool.query<PartitionProgress>(statement);
  return { completeThrough: smallest(rows), partitions: rows };
};
