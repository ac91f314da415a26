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
const ledgerV1 = z.strictObject({
  received: count.describe('Events read: the sum of the others'),
  opened: count.describe('On-time bookings'),
  payments: count.describe('On-time payments, captured or declined'),
  refunds: count.describe('On-time refunds'),
  duplicate: count.describe('Repetitions of an event in state'),
  late: count.describe("Events behind their own input's watermark"),
  quarantined: count.describe('Events that cannot be read, or are ahead of the clock'),
});

const ledger = ledgerV1.extend({
  lost: count.describe(
    'Messages that retention deleted before they were read, and that somebody has given up; in no other figure',
  ),
});

/** @see ledgerV1 */
export type JoinLedger = z.infer<typeof ledger>;

const input = z.strictObject({
  readTo: count.nullable().describe('The last sequence number that was read; null while nothing has been'),
  watermark: instant
    .nullable()
    .describe('Event time up to which this input is complete, UTC; null while it has not been heard of'),
});

const dataOf = <Ledger extends z.ZodType>(ledgerSchema: Ledger) =>
  z.strictObject({
    partition: count.describe('Of all hubs, from 0'),
    generation: count.describe('Grows each time the pair gets an owner'),
    watermark: instant
      .nullable()
      .describe('Everything up to here has been joined, UTC; null while an input has not been heard of'),
    inputs: z.strictObject({ bookings: input, payments: input }).describe('How far each input has been read'),
    ledger: ledgerSchema.describe('What became of every event read so far'),
    outputs: z
      .strictObject({
        matched: count.describe('Pairs'),
        bookingUnmatched: count.describe('Bookings whose window closed without a payment'),
        paymentUnmatched: count.describe('Payments whose window closed without a booking'),
      })
      .describe('Distinct outputs so far, besides those that the ledger counts one to one'),
    waitingPayments: count.describe('On-time payments that no joined event carries yet: they wait for their booking'),
  });

const joinProgressV1 = derivedEvent(type, 1, dataOf(ledgerV1));
const joinProgressV2 = derivedEvent(
  type,
  2,
  dataOf(ledger).extend({
    epoch: count.describe(
      'Grows when a hub is not the one that it was: positions of two epochs do not compare, and the larger epoch wins',
    ),
  }),
);

type V1 = z.infer<typeof joinProgressV1>;
type V2 = z.infer<typeof joinProgressV2>;

/** Before version 2 nobody could give up what was lost, or go on with another hub. */
const v1ToV2 = (event: V1): V2 => ({
  ...event,
  dataschema: dataschema(type, 2),
  data: { ...event.data, ledger: { ...event.data.ledger, lost: 0 }, epoch: 0 },
});

/** How far a pair of partitions has been joined, in order with the joined events that it covers. */
export type JoinProgress = V2;

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
    dataschema: dataschema(type, 2),
    data,
  };
};

/** `join.progress`: watermark, positions and ledger of one pair of partitions. The largest epoch wins, then the largest positions. */
export const joinProgress = defineContract({
  type,
  summary: 'Watermark, positions and ledger of one pair of partitions',
  versions: firstVersion(joinProgressV1).next(joinProgressV2, v1ToV2),
  inconsistencies: ({ data: { ledger: l } }) => {
    const accounted = l.opened + l.payments + l.refunds + l.duplicate + l.late + l.quarantined;
    return l.received === accounted
      ? []
      : [{ pointer: '/data/ledger/received', message: `is ${l.received}, but ${accounted} are accounted for` }];
  },
});
