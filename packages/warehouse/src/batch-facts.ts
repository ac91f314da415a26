import type { BookingPaymentJoined, Show, SourcedBooking, SourcedPayment } from '@boxoffice/schemas';
import { bookingHash, paymentHash } from './content-hash.ts';
import { precedes } from './precedence.ts';
import type { Ranked } from './precedence.ts';

/** Whether an event that carried the fact was on time at the joiner. */
interface Timely {
  readonly onTime: boolean;
}

/** A booking as one joined event carried it. */
export interface BookingFact extends Ranked, Timely {
  readonly kind: 'booking';
  readonly bookingId: string;
  readonly booking: SourcedBooking;
}

/** A payment or refund as one joined event carried it. */
export interface PaymentFact extends Ranked, Timely {
  readonly kind: 'payment';
  readonly bookingId: string;
  readonly payment: SourcedPayment;
}

/** A content that lost against another under its id, for good. */
export interface Loser {
  readonly bookingId: string;
  /** Empty where the booking itself is in conflict. */
  readonly paymentId: string;
  readonly contentHash: string;
  readonly source: string;
  readonly at: string;
}

/** The fact that an event is there for; the booking that comes along with a matched payment is not it. */
type Principal =
  | { readonly kind: 'fact'; readonly key: string; readonly contentHash: string }
  | { readonly kind: 'release'; readonly bookingId: string };

/** What a batch of joined events carries, each thing once. */
export interface BatchFacts {
  readonly bookings: ReadonlyMap<string, BookingFact>;
  readonly payments: ReadonlyMap<string, PaymentFact>;
  /** By booking id, when its seats were given free: the earliest of the notices. */
  readonly releases: ReadonlyMap<string, string>;
  readonly shows: readonly Show[];
  /** Show ids of bookings that came without the show's metadata, or with it. */
  readonly showIds: ReadonlySet<string>;
  readonly losers: readonly Loser[];
  readonly principals: readonly Principal[];
  /** Ids of all bookings that are concerned. */
  readonly touched: ReadonlySet<string>;
}

const paymentIdOf = (fact: BookingFact | PaymentFact): string => (fact.kind === 'payment' ? fact.payment.event.id : '');

/** Ids hold no control characters, so the separator parts them for certain. */
export const factKey = (bookingId: string, paymentId: string): string => `${bookingId}\n${paymentId}`;

export const loserOf = (bookingId: string, paymentId: string, { contentHash, source, at }: Ranked): Loser => ({
  bookingId,
  paymentId,
  contentHash,
  source,
  at,
});

const bookingFact = (bookingId: string, booking: SourcedBooking, onTime: boolean): BookingFact => ({
  onTime,
  kind: 'booking',
  bookingId,
  booking,
  at: booking.event.time,
  source: booking.event.source,
  contentHash: bookingHash(booking.event),
  origin: booking.origin,
});

const paymentFact = (bookingId: string, payment: SourcedPayment, onTime: boolean): PaymentFact => ({
  onTime,
  kind: 'payment',
  bookingId,
  payment,
  at: payment.event.time,
  source: payment.event.source,
  contentHash: paymentHash(payment.event),
  origin: payment.origin,
});

/**
 * Takes the facts out of joined events, whatever their kind. Of several contents under one id the first in the order of
 * `precedes` stays and the others are losers. A function of the set of events, but for `principals`.
 */
export const batchFacts = (events: readonly BookingPaymentJoined[]): BatchFacts => {
  const bookings = new Map<string, BookingFact>();
  const payments = new Map<string, PaymentFact>();
  const releases = new Map<string, string>();
  const shows: Show[] = [];
  const showIds = new Set<string>();
  const losers: Loser[] = [];
  const principals: Principal[] = [];
  const touched = new Set<string>();

  const add = <Fact extends BookingFact | PaymentFact>(held: Map<string, Fact>, fact: Fact, isPrincipal: boolean): void => {
    const key = factKey(fact.bookingId, paymentIdOf(fact));
    if (isPrincipal) principals.push({ kind: 'fact', key, contentHash: fact.contentHash });
    const other = held.get(key);
    const wins = other === undefined || precedes(fact, other);
    if (other && other.contentHash !== fact.contentHash)
      losers.push(loserOf(fact.bookingId, paymentIdOf(fact), wins ? other : fact));
    if (other === undefined) held.set(key, fact);
    else if (wins || fact.onTime) held.set(key, { ...(wins ? fact : other), onTime: fact.onTime || other.onTime });
  };

  for (const { subject: bookingId, data } of events) {
    touched.add(bookingId);
    const onTime = data.kind !== 'late';
    if (data.kind === 'booking-unmatched') {
      principals.push({ kind: 'release', bookingId });
      const other = releases.get(bookingId);
      if (other === undefined || data.closedAt < other) releases.set(bookingId, data.closedAt);
      continue;
    }
    if ('booking' in data) {
      add(bookings, bookingFact(bookingId, data.booking, onTime), !('payment' in data));
      showIds.add(data.booking.event.data.showId);
      if (data.show) shows.push(data.show);
    }
    if ('payment' in data) add(payments, paymentFact(bookingId, data.payment, onTime), true);
  }
  return { bookings, payments, releases, shows, showIds, losers, principals, touched };
};
