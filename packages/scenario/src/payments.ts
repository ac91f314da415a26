import { createHash } from 'node:crypto';
import type { BookingPlaced, PaymentProcessed } from '@boxoffice/schemas';
import { payingOf } from './paying.ts';
import type { Paying } from './paying.ts';
import { repeatDelayMs } from './sends.ts';
import type { Send } from './sends.ts';

/** The share of payments that are sent twice. */
const repeatRate = 0.01;

/** Ids are 1 to 128 characters, and a booking from elsewhere may use them all. */
const stem = (bookingId: string): string =>
  bookingId.length <= 120 ? bookingId : createHash('sha256').update(bookingId).digest('hex');

/** The id of a booking's n-th attempt to pay (from 1). */
export const attemptId = (bookingId: string, attempt: number): string => `${stem(bookingId)}-p${attempt}`;
/** The id of a booking's refund. */
export const refundId = (bookingId: string): string => `${stem(bookingId)}-r1`;

type Told = Pick<PaymentProcessed['data'], 'kind' | 'attempt' | 'declineReason' | 'amountMinor'>;

const paymentEvent = (booking: BookingPlaced, { method }: Paying, id: string, delayMs: number, told: Told): PaymentProcessed => ({
  specversion: '1.0',
  id,
  source: 'boxoffice/payment-producer',
  type: 'payment.processed',
  subject: booking.subject,
  time: new Date(Date.parse(booking.time) + delayMs).toISOString(),
  datacontenttype: 'application/json',
  dataschema: 'urn:boxoffice:payment.processed:2',
  ...(booking.traceparent !== undefined && { traceparent: booking.traceparent }),
  ...(booking.runid !== undefined && { runid: booking.runid }),
  ...(booking.scenario !== undefined && { scenario: booking.scenario }),
  data: { ...told, method, currency: booking.data.currency },
});

/**
 * The payments of a booking, in event-time order: at least one attempt, and none when its scenario is `none`. They follow from the
 * booking alone, wherever it comes from, and lie within `lastPaymentDelayMs` after it.
 */
export const paymentsFor = (booking: BookingPlaced): PaymentProcessed[] => {
  const paying = payingOf(booking);
  if (paying === undefined) return [];
  const { subject } = booking;
  const { totalMinor } = booking.data;
  const { declines, captureDelayMs, refund } = paying;
  const events = declines.map(({ delayMs, reason }, index) => {
    const told = { kind: 'declined', attempt: index + 1, declineReason: reason, amountMinor: totalMinor } as const;
    return paymentEvent(booking, paying, attemptId(subject, index + 1), delayMs, told);
  });
  if (captureDelayMs === null) return events;
  const attempt = declines.length + 1;
  const captured = { kind: 'captured', attempt, declineReason: null, amountMinor: totalMinor } as const;
  events.push(paymentEvent(booking, paying, attemptId(subject, attempt), captureDelayMs, captured));
  if (refund === null) return events;
  const refunded = { kind: 'refunded', attempt, declineReason: null, amountMinor: refund.amountMinor } as const;
  events.push(paymentEvent(booking, paying, refundId(subject), refund.delayMs, refunded));
  return events;
};

/** What is published for a booking, repetitions included, in the order in which it leaves. */
export const paymentSends = (booking: BookingPlaced): Send<PaymentProcessed>[] => {
  const seed = `${booking.scenario ?? booking.subject}:repeat`;
  const sends = paymentsFor(booking).flatMap((event) => {
    const at = Date.parse(event.time);
    const delayMs = repeatDelayMs(seed, event.id, repeatRate);
    const once = { at, event, repeat: false };
    return delayMs === undefined ? [once] : [once, { at: at + delayMs, event, repeat: true }];
  });
  return sends.length > 1 ? sends.toSorted((a, b) => a.at - b.at) : sends;
};
