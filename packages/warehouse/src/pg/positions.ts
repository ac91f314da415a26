import type pg from 'pg';
import type { IngestPosition, Stream } from '../warehouse.ts';
import { transaction } from './connection.ts';

export interface PositionRow extends IngestPosition {
  readonly partition: number;
}

/** Of one partition, locked until the transaction ends. */
export const selectPosition = `
  select partition, stream, generation, batch_start as "batchStart", sequence_number as "sequenceNumber"
  from warehouse.ingest_offset
  where hub = $1 and partition = $2
  for update`;

const selectPositions = `
  select partition, stream, generation, batch_start as "batchStart", sequence_number as "sequenceNumber"
  from warehouse.ingest_offset
  where hub = $1`;

const claimPartitions = `
  insert into warehouse.ingest_offset as held (hub, partition, stream, generation)
  select $1, partition, $2, 1
  from unnest($3::integer[]) as come(partition)
  order by partition
  on conflict (hub, partition) do update set generation = held.generation + 1, stream = excluded.stream
  returning partition, stream, generation, batch_start as "batchStart", sequence_number as "sequenceNumber"`;

const byPartition = (rows: readonly PositionRow[]): ReadonlyMap<number, IngestPosition> =>
  new Map(rows.map(({ partition, ...position }) => [partition, position]));

/** @see Loader.positions */
export const positions = async (pool: pg.Pool, hub: string): Promise<ReadonlyMap<number, IngestPosition>> =>
  byPartition((await pool.query<PositionRow>(selectPositions, [hub])).rows);

/** @see Loader.claim */
export const claim = (
  pool: pg.Pool,
  stream: Stream,
  hub: string,
  partitions: readonly number[],
): Promise<ReadonlyMap<number, IngestPosition>> =>
  transaction(pool, async (client) =>
    byPartition((await client.query<PositionRow>(claimPartitions, [hub, stream, [...partitions]])).rows),
  );
