import type { BookingDetail, PaymentRow } from '@boxoffice/warehouse';
import { z } from 'zod';
import { instantSchema } from './as-of.ts';
import { inWords } from './money.ts';

/** In causal order: what happens in the same millisecond is listed in this one. */
const happenings = [
  'booked',
  'booking-enqueued',
  'payment-declined',
  'payment-captured',
  'payment-refunded',
  'payment-enqueued',
  'booking-loaded',
  'payment-loaded',
  'hold-expires',
  'seats-released',
] as const;

export const timelineEntrySchema = z
  .object({
    at: instantSchema.describe(
      'When: by the shop or payment system where something happened, by the hub where it was enqueued, by the warehouse where it was loaded',
    ),
    what: z.enum(happenings),
    paymentId: z.string().nullable().describe('The payment that it concerns; null where it concerns the booking'),
    detail: z.string().meta({ description: 'In words', examples: ['45.00 EUR by card, attempt 2'] }),
  })
  .meta({ id: 'TimelineEntry', description: 'Something that happened, or will, to a booking' });

type Entry = z.output<typeof timelineEntrySchema>;

const paymentInWords = (payment: PaymentRow, { currency, holdExpiresAt }: BookingDetail): string => {
  const { kind, amountMinor, method, attempt, declineReason, processedAt } = payment;
  return [
    `${inWords(amountMinor, payment.currency)} by ${method}, attempt ${attempt}`,
    ...(declineReason === null ? [] : [`reason: ${declineReason}`]),
    ...(kind === 'captured' && processedAt > holdExpiresAt ? ['after the hold had expired'] : []),
    ...(payment.currency === currency ? [] : [`not in ${currency}, so it counts in nothing`]),
  ].join('; ');
};

const ofPayment = (payment: PaymentRow, booking: BookingDetail): Entry[] => {
  const { paymentId, kind, processedAt, enqueuedAt, loadedAt } = payment;
  return [
    { at: processedAt, what: `payment-${kind}`, paymentId, detail: paymentInWords(payment, booking) },
    { at: enqueuedAt, what: 'payment-enqueued', paymentId, detail: `the ${kind} payment was taken in by the hub` },
    { at: loadedAt, what: 'payment-loaded', paymentId, detail: `the ${kind} payment was loaded into the warehouse` },
  ];
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * All that is known to have happened to a booking, in order of time; instants have one form, so they compare as text. The end
 * of the hold is listed also when it is still to come.
 */
export const timelineOf = (booking: BookingDetail): Entry[] => {
  const { seatCount, totalMinor, currency, channel, placedAt, holdExpiresAt, releasedAt, enqueuedAt, loadedAt, payments } =
    booking;
  const paymentId = null;
  const seats = `${seatCount} ${seatCount === 1 ? 'seat' : 'seats'}`;
  const entries: Entry[] = [
    { at: placedAt, what: 'booked', paymentId, detail: `${seats} for ${inWords(totalMinor, currency)} by ${channel}` },
    { at: enqueuedAt, what: 'booking-enqueued', paymentId, detail: 'the booking was taken in by the hub' },
    { at: loadedAt, what: 'booking-loaded', paymentId, detail: 'the booking was loaded into the warehouse' },
    { at: holdExpiresAt, what: 'hold-expires', paymentId, detail: `the hold on ${seats} ends with this millisecond` },
    ...payments.flatMap((payment) => ofPayment(payment, booking)),
  ];
  if (releasedAt !== null) {
    entries.push({ at: releasedAt, what: 'seats-released', paymentId, detail: `${seats} given free for want of a payment` });
  }
  return entries.toSorted(
    (a, b) =>
      compare(a.at, b.at) ||
      happenings.indexOf(a.what) - happenings.indexOf(b.what) ||
      compare(a.paymentId ?? '', b.paymentId ?? ''),
  );
};
