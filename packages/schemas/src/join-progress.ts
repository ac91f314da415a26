import { z } from 'zod';
import { derivedEvent } from './cloud-event.ts';
import { dataschema, defineContract, firstVersion } from './contract.ts';
import { instant } from './text.ts';

const type = 'join.progress';
const count = z.int().min(0);

/**
 * What became of every event that a pair of partitions has read, as of `inputs`:
 * received = opened + payments + refunds + duplicate + late + quarantined.
 */
const ledger = z.strictObject({
  received: count,
  /** On-time bookings. */
  opened: count,
  /** On-time payments, captured or declined. */
  payments: count,
  /** On-time refunds. */
  refunds: count,
  duplicate: count,
  late: count,
  quarantined: count,
});

/** @see ledger */
export type JoinLedger = z.infer<typeof ledger>;

const input = z.strictObject({
  /** The last sequence number that was read; null while nothing has been. */
  readTo: count.nullable(),
  watermark: instant.nullable(),
});

const joinProgressV1 = derivedEvent(
  type,
  1,
  z.strictObject({
    partition: count,
    /** Grows each time the pair gets an owner. */
    generation: count,
    /** Everything up to here has been joined; null while an input has not been heard of. */
    watermark: instant.nullable(),
    inputs: z.strictObject({ bookings: input, payments: input }),
    ledger,
    /** Distinct outputs so far, besides those that the ledger counts one to one. */
    outputs: z.strictObject({ matched: count, bookingUnmatched: count, paymentUnmatched: count }),
    /** On-time payments that no joined event carries yet: they wait for their booking. */
    waitingPayments: count,
  }),
);

/** How far a pair of partitions has been joined, in order with the joined events that it covers. */
export type JoinProgress = z.infer<typeof joinProgressV1>;

/** The progress event of one pair; `at` is when it was cut, in ms. */
export const progressEvent = (at: number, data: JoinProgress['data']): JoinProgress => {
  const { bookings, payments } = data.inputs;
  return {
    specversion: '1.0',
    id: `progress:${data.partition}:${data.generation}:${bookings.readTo ?? '-'}:${payments.readTo ?? '-'}`,
    source: 'boxoffice/joiner',
    type,
    subject: `partition ${data.partition}`,
    time: new Date(at).toISOString(),
    dataschema: dataschema(type, 1),
    data,
  };
};

/** `join.progress`: watermark, positions and ledger of one pair of partitions. The largest positions win. */
export const joinProgress = defineContract({
  type,
  summary: 'Watermark, positions and ledger of one pair of partitions',
  versions: firstVersion(joinProgressV1),
  inconsistencies: ({ data: { ledger: l } }) => {
    const accounted = l.opened + l.payments + l.refunds + l.duplicate + l.late + l.quarantined;
    return l.received === accounted
      ? []
      : [{ pointer: '/data/ledger/received', message: `is ${l.received}, but ${accounted} are accounted for` }];
  },
});
