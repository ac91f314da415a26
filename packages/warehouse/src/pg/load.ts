import type { EventQuarantined, JoinProgress } from '@boxoffice/schemas';
import type pg from 'pg';
import type { PoolClient } from 'pg';
import { batchFacts } from '../batch-facts.ts';
import type { BatchFacts } from '../batch-facts.ts';
import { FencedError } from '../errors.ts';
import type { LoadBatch, LoadResult } from '../warehouse.ts';
import { transaction } from './connection.ts';
import { isCollision } from './failure.ts';
import { loadDimensions } from './load-dimensions.ts';
import { loadFacts } from './load-facts.ts';
import { selectPosition } from './positions.ts';
import type { PositionRow } from './positions.ts';

const advance = `
  update warehouse.ingest_offset
  set batch_start = $3, sequence_number = greatest(sequence_number, nullif($4::bigint, -1)), loaded_at = clock_timestamp()
  where hub = $1 and partition = $2
  returning partition, stream, generation, batch_start as "batchStart", sequence_number as "sequenceNumber"`;

const keepProgress = `
  insert into warehouse.ingest_ledger as held (
    partition, generation, epoch, watermark, bookings_read_to, bookings_watermark, payments_read_to, payments_watermark,
    received, opened, payments, refunds, duplicate, late, quarantined, lost, matched, booking_unmatched, payment_unmatched,
    waiting_payments, cut_at)
  select partition, generation, epoch, watermark, bookings_read_to, bookings_watermark, payments_read_to, payments_watermark,
    received, opened, payments, refunds, duplicate, late, quarantined, lost, matched, booking_unmatched, payment_unmatched,
    waiting_payments, cut_at
  from jsonb_to_record($1::jsonb) as come(
    partition integer, generation bigint, epoch bigint, watermark timestamptz, bookings_read_to bigint, bookings_watermark timestamptz,
    payments_read_to bigint, payments_watermark timestamptz, received bigint, opened bigint, payments bigint, refunds bigint,
    duplicate bigint, late bigint, quarantined bigint, lost bigint, matched bigint, booking_unmatched bigint, payment_unmatched bigint,
    waiting_payments bigint,
    cut_at timestamptz)
  on conflict (partition) do update
  set generation = excluded.generation, epoch = excluded.epoch, watermark = excluded.watermark,
    bookings_read_to = excluded.bookings_read_to, bookings_watermark = excluded.bookings_watermark,
    payments_read_to = excluded.payments_read_to, payments_watermark = excluded.payments_watermark,
    received = excluded.received, opened = excluded.opened, payments = excluded.payments, refunds = excluded.refunds,
    duplicate = excluded.duplicate, late = excluded.late, quarantined = excluded.quarantined, lost = excluded.lost, matched = excluded.matched,
    booking_unmatched = excluded.booking_unmatched, payment_unmatched = excluded.payment_unmatched,
    waiting_payments = excluded.waiting_payments,
    cut_at = excluded.cut_at, loaded_at = clock_timestamp()
  where (excluded.epoch, coalesce(excluded.bookings_read_to, -1) + coalesce(excluded.payments_read_to, -1), excluded.generation, excluded.cut_at)
    > (held.epoch, coalesce(held.bookings_read_to, -1) + coalesce(held.payments_read_to, -1), held.generation, held.cut_at)`;

const progressRow = ({ time, data }: JoinProgress) => ({
  partition: data.partition,
  generation: data.generation,
  epoch: data.epoch,
  watermark: data.watermark,
  bookings_read_to: data.inputs.bookings.readTo,
  bookings_watermark: data.inputs.bookings.watermark,
  payments_read_to: data.inputs.payments.readTo,
  payments_watermark: data.inputs.payments.watermark,
  ...data.ledger,
  matched: data.outputs.matched,
  booking_unmatched: data.outputs.bookingUnmatched,
  payment_unmatched: data.outputs.paymentUnmatched,
  waiting_payments: data.waitingPayments,
  cut_at: time,
});

const keepQuarantined = `
  insert into warehouse.quarantine (
    id, hub, partition, sequence_number, message_index, enqueued_at, reason, detail, body, body_bytes)
  select distinct on (id)
    id, hub, partition, sequence_number, message_index, enqueued_at, reason, detail, decode(body, 'base64'), body_bytes
  from jsonb_to_recordset($1::jsonb) as come(
    id text, hub text, partition integer, sequence_number bigint, message_index integer, enqueued_at timestamptz, reason text,
    detail text, body text, body_bytes bigint)
  order by id
  on conflict (id) do nothing`;

const quarantineRow = ({ id, data: { origin, reason, detail, bodyBase64, bodyBytes } }: EventQuarantined) => ({
  id,
  hub: origin.hub,
  partition: origin.partition,
  sequence_number: origin.sequenceNumber,
  message_index: origin.index,
  enqueued_at: origin.enqueuedAt,
  reason,
  // The one character that PostgreSQL's text cannot hold; a bad document may well have it.
  detail: detail.toWellFormed().replaceAll('\0', '\uFFFD'),
  body: bodyBase64,
  body_bytes: bodyBytes,
});

const lockPosition = async (client: PoolClient, { hub, partition, expected }: LoadBatch): Promise<void> => {
  const { rows } = await client.query<PositionRow>(selectPosition, [hub, partition]);
  const [held] = rows;
  if (!held) throw new FencedError(`partition ${partition} of ${hub} was never claimed`);
  if (held.generation !== expected.generation)
    throw new FencedError(
      `partition ${partition} of ${hub} belongs to generation ${held.generation}, not to ${expected.generation}`,
    );
  if (held.sequenceNumber !== expected.sequenceNumber)
    throw new FencedError(
      `partition ${partition} of ${hub} is loaded to ${held.sequenceNumber}, not to ${expected.sequenceNumber}`,
    );
};

const loadOnce = (pool: pg.Pool, batch: LoadBatch, facts: BatchFacts): Promise<LoadResult> =>
  transaction(pool, async (client) => {
    await lockPosition(client, batch);
    await loadDimensions(client, facts);
    const counts = await loadFacts(client, batch.partition, facts);
    for (const progress of batch.progress) await client.query(keepProgress, [JSON.stringify(progressRow(progress))]);
    const quarantined =
      batch.quarantined.length === 0
        ? 0
        : (await client.query(keepQuarantined, [JSON.stringify(batch.quarantined.map(quarantineRow))])).rowCount;
    const { hub, partition, firstSequenceNumber, lastSequenceNumber } = batch;
    const moved = await client.query<PositionRow>(advance, [hub, partition, firstSequenceNumber, lastSequenceNumber]);
    const [row] = moved.rows;
    if (!row) throw new FencedError(`partition ${partition} of ${hub} is gone`);
    const { partition: _, ...position } = row;
    return { ...counts, quarantined: quarantined ?? 0, position };
  });

const reach = ({ data: { inputs } }: JoinProgress): number => (inputs.bookings.readTo ?? -1) + (inputs.payments.readTo ?? -1);

/** Of several progress events of a partition only the last can stand, unless an older one was read again after it. */
const furthest = (progress: readonly JoinProgress[]): JoinProgress[] => {
  const best = new Map<number, JoinProgress>();
  for (const each of progress) {
    const held = best.get(each.data.partition);
    const order = held
      ? each.data.epoch - held.data.epoch ||
        reach(each) - reach(held) ||
        each.data.generation - held.data.generation ||
        (each.time > held.time ? 1 : -1)
      : 1;
    if (order > 0) best.set(each.data.partition, each);
  }
  return [...best.values()];
};

const attempts = 5;

/** @see Loader.load */
export const load = async (pool: pg.Pool, batch: LoadBatch): Promise<LoadResult> => {
  const facts = batchFacts(batch.joined);
  const compact = { ...batch, progress: furthest(batch.progress) };
  for (let attempt = 1; ; attempt++)
    try {
      return await loadOnce(pool, compact, facts);
    } catch (error) {
      if (attempt === attempts || !isCollision(error)) throw error;
    }
};
