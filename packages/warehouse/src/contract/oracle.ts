import type { BookingPaymentJoined, SourcedBooking, SourcedPayment } from '@boxoffice/schemas';
import { bookingHash, paymentHash } from '../content-hash.ts';

/** The fold of one booking, and what else a set of joined events says, worked out one event after the other. */
export interface Expected {
  readonly bookings: readonly object[];
  readonly payments: readonly object[];
  readonly conflicts: readonly string[];
}

const distinct = <T>(values: readonly T[], keyOf: (value: T) => string): T[] => [
  ...new Map(values.map((value) => [keyOf(value), value] as const)).values(),
];

const byCodePoints = (a: string, b: string): number => {
  const [left, right] = [a, b].map((text) => Array.from(text, (character) => character.codePointAt(0) ?? 0));
  const differs = left?.findIndex((code, index) => code !== right?.[index]) ?? -1;
  return differs < 0 ? a.length - b.length : (left?.[differs] ?? -1) - (right?.[differs] ?? -1);
};

const first = <Sourced extends SourcedBooking | SourcedPayment>(
  candidates: readonly Sourced[],
  hashOf: (sourced: Sourced) => string,
): { winner: Sourced; losers: string[] } => {
  const rank = (sourced: Sourced): string =>
    [
      sourced.event.time,
      sourced.event.source,
      hashOf(sourced),
      sourced.origin.hub,
      ...[sourced.origin.partition, sourced.origin.sequenceNumber, sourced.origin.index].map((n) => String(n).padStart(16, '0')),
    ].join('\u0001');
  const [winner, ...others] = candidates.toSorted((a, b) => byCodePoints(rank(a), rank(b)));
  if (!winner) throw new Error('nothing to choose from');
  const losers = distinct(
    others.map(hashOf).filter((hash) => hash !== hashOf(winner)),
    String,
  );
  return { winner, losers };
};

const foldOne = (booking: SourcedBooking, payments: readonly SourcedPayment[], releasedAt: string | null): object => {
  const { data } = booking.event;
  let state = 'none';
  let captured = 0;
  let refunded = 0;
  let attempts = 0;
  let foreign = 0;
  let paidAt: string | null = null;
  const refunds: number[] = [];
  for (const { event } of payments.toSorted((a, b) => Date.parse(a.event.time) - Date.parse(b.event.time))) {
    if (event.data.currency !== data.currency) {
      foreign += 1;
      continue;
    }
    if (event.data.kind === 'refunded') {
      refunds.push(event.data.amountMinor);
      continue;
    }
    attempts += 1;
    if (event.data.kind === 'declined') {
      if (state === 'none') state = 'declined';
      continue;
    }
    if (paidAt === null) {
      paidAt = event.time;
      state = Date.parse(event.time) > Date.parse(data.holdExpiresAt) ? 'captured-late' : 'captured';
    }
    captured += event.data.amountMinor;
  }
  for (const amount of refunds) refunded += amount;
  if (paidAt !== null && refunds.length > 0) state = refunded < captured ? 'partially-refunded' : 'refunded';
  return {
    bookingId: booking.event.subject,
    eventId: booking.event.id,
    source: booking.event.source,
    placedAt: booking.event.time,
    sequence: booking.origin.sequenceNumber,
    totalMinor: data.totalMinor,
    seats: data.items.map((item) => item.priceMinor),
    status: state,
    overpaid: captured > data.totalMinor,
    capturedMinor: captured,
    refundedMinor: refunded,
    attempts,
    foreignPayments: foreign,
    paidAt,
    releasedAt: paidAt === null ? releasedAt : null,
  };
};

/** What the warehouse has to hold after these events, in whatever order, number and batches they came. */
export const expectedOf = (events: readonly BookingPaymentJoined[]): Expected => {
  const bookings = events.flatMap(({ data }) => ('booking' in data ? [data.booking] : []));
  const payments = events.flatMap(({ data }) => ('payment' in data ? [data.payment] : []));
  const conflicts: string[] = [];
  const chosen = distinct(payments, ({ event }) => `${event.subject}/${event.id}`).map(({ event: { subject, id } }) => {
    const same = payments.filter(({ event }) => event.subject === subject && event.id === id);
    const { winner, losers } = first(same, ({ event }) => paymentHash(event));
    conflicts.push(...losers.map((hash) => `${subject}/${id}/${hash}`));
    return winner;
  });
  const folded = distinct(bookings, ({ event }) => event.subject).map(({ event: { subject } }) => {
    const same = bookings.filter(({ event }) => event.subject === subject);
    const { winner, losers } = first(same, ({ event }) => bookingHash(event));
    conflicts.push(...losers.map((hash) => `${subject}//${hash}`));
    const [release = null] = events
      .flatMap((each) => (each.subject === subject && each.data.kind === 'booking-unmatched' ? [each.data.closedAt] : []))
      .toSorted();
    const own = chosen.filter(({ event }) => event.subject === subject);
    return foldOne(winner, own, release);
  });
  return {
    bookings: folded.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    payments: chosen
      .map(({ event, origin }) => ({
        bookingId: event.subject,
        paymentId: event.id,
        source: event.source,
        processedAt: event.time,
        kind: event.data.kind,
        amountMinor: event.data.amountMinor,
        currency: event.data.currency,
        sequence: origin.sequenceNumber,
      }))
      .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    conflicts: conflicts.toSorted(),
  };
};
