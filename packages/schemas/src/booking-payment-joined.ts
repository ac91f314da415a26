import { z } from 'zod';
import { bookingPlacedV3 } from './booking-placed.ts';
import { derivedEvent } from './cloud-event.ts';
import { dataschema, defineContract, firstVersion } from './contract.ts';
import { origin, positionId } from './origin.ts';
import type { Origin } from './origin.ts';
import { paymentProcessedV2 } from './payment-processed.ts';
import { identifier, instant, text } from './text.ts';

/** The CloudEvents `type`. */
export const type = 'booking-payment.joined';
/** Who says it. */
export const source = 'boxoffice/joiner';

/** A show and its venue as the catalogue had them when the event was joined. No part of an event's identity. */
const show = z.strictObject({
  showId: identifier.describe('The show'),
  catalogueVersion: z.int().min(1).describe('Grows with every change of the catalogue; the highest seen is the one to believe'),
  title: text.describe('Title'),
  category: text.describe('Category'),
  startsAt: instant.describe('When it begins, UTC'),
  venueId: identifier.describe('The venue'),
  venueName: text.describe('Name of the venue'),
  city: text.describe('City of the venue'),
  capacity: z.int().min(1).max(10_000_000).describe('Seats that can be sold'),
});

/** @see show */
export type Show = z.infer<typeof show>;

const sourcedBooking = z.strictObject({
  event: bookingPlacedV3.describe('The booking, in version 3'),
  origin: origin.describe('Where it stood'),
});
const sourcedPayment = z.strictObject({
  event: paymentProcessedV2.describe('The payment, in version 2'),
  origin: origin.describe('Where it stood'),
});

/** A booking with its place in the bookings hub. */
export type SourcedBooking = z.infer<typeof sourcedBooking>;
/** A payment with its place in the payments hub. */
export type SourcedPayment = z.infer<typeof sourcedPayment>;

const lateByMs = z.int().min(1).describe("How far behind its own input's watermark, in ms");

const closedAt = instant.describe('Event time at which its window closed, UTC');

const joined = z.discriminatedUnion('kind', [
  /** An on-time booking, when it is first read. */
  z.strictObject({ kind: z.literal('booking-opened'), booking: sourcedBooking, show: show.nullable() }),
  /** A booking and a payment of its window; every such pair. */
  z.strictObject({ kind: z.literal('matched'), booking: sourcedBooking, payment: sourcedPayment, show: show.nullable() }),
  /** Nothing matched while the window was open: the seats may go. Provisional: a late payment may follow, and outranks it. */
  z.strictObject({ kind: z.literal('booking-unmatched'), closedAt }),
  /** No booking matched while the window was open. */
  z.strictObject({ kind: z.literal('payment-unmatched'), payment: sourcedPayment, closedAt }),
  /** An on-time refund. Refunds come days later and never wait in a window. */
  z.strictObject({ kind: z.literal('refund-recorded'), payment: sourcedPayment }),
  /** An event behind its own input's watermark: not joined here, and folded by the warehouse all the same. */
  z.discriminatedUnion('side', [
    z.strictObject({
      kind: z.literal('late'),
      side: z.literal('booking'),
      booking: sourcedBooking,
      lateByMs,
      show: show.nullable(),
    }),
    z.strictObject({ kind: z.literal('late'), side: z.literal('payment'), payment: sourcedPayment, lateByMs }),
  ]),
]);

const bookingPaymentJoinedV1 = derivedEvent(type, 1, joined);

/** What the joiner says of a booking and its payments; the discriminator is `data.kind`. */
export type BookingPaymentJoined = z.infer<typeof bookingPaymentJoinedV1>;
type Joined = BookingPaymentJoined['data'];

/**
 * The id of what is said of a booking, made of its inputs: of the booking, of a payment by its event id, and of what is late by
 * its place, for it may be there twice.
 */
export const outputId = (bookingId: string, kind: Joined['kind'], paymentId: string, place: Origin): string => {
  const part = encodeURIComponent;
  switch (kind) {
    case 'booking-opened':
    case 'booking-unmatched':
      return `${kind}:${part(bookingId)}`;
    case 'matched':
    case 'payment-unmatched':
    case 'refund-recorded':
      return `${kind}:${part(bookingId)}:${part(paymentId)}`;
    case 'late':
      return `late:${positionId(place)}`;
    default:
      return kind satisfies never;
  }
};

const idOf = (bookingId: string, data: Joined): string => {
  const sourcedEvent = 'payment' in data ? data.payment : 'booking' in data ? data.booking : undefined;
  return sourcedEvent
    ? outputId(bookingId, data.kind, sourcedEvent.event.id, sourcedEvent.origin)
    : `${data.kind}:${encodeURIComponent(bookingId)}`;
};

/**
 * The joined event that carries `data` about a booking. Its id is derived from its inputs alone, so a repetition is recognised;
 * `at` is the event time in ms, `run` the extensions that it inherits.
 */
export const joinedEvent = (
  bookingId: string,
  at: number,
  data: Joined,
  run: { readonly runid?: string; readonly scenario?: string; readonly traceparent?: string } = {},
): BookingPaymentJoined => ({
  specversion: '1.0',
  id: idOf(bookingId, data),
  source,
  type,
  subject: bookingId,
  time: new Date(at).toISOString(),
  dataschema: dataschema(type, 1),
  ...(run.traceparent !== undefined && { traceparent: run.traceparent }),
  ...(run.runid !== undefined && { runid: run.runid }),
  ...(run.scenario !== undefined && { scenario: run.scenario }),
  data,
});

/** `booking-payment.joined`: what became known of a booking and its payments. */
export const bookingPaymentJoined = defineContract({
  type,
  summary: 'What became known of a booking and its payments',
  versions: firstVersion(bookingPaymentJoinedV1),
});
