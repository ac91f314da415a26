import type { BookingPlaced, PaymentProcessed } from '@boxoffice/schemas';
import { payingOf } from './paying.ts';
import { attemptId, paymentSends, refundId } from './payments.ts';
import type { RunSpec } from './run-spec.ts';
import { bookingSends } from './sends.ts';

/** What a booking has come to once every event of it is known. */
export type BookingStatus = 'none' | 'captured' | 'captured-late' | 'declined' | 'partially-refunded' | 'refunded';

/** The final state of one booking; amounts in minor units of `currency`. */
export interface BookingTruth {
  readonly bookingId: string;
  readonly status: BookingStatus;
  readonly currency: string;
  readonly totalMinor: number;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  readonly seats: number;
  /** Every distinct payment, in event-time order. */
  readonly payments: readonly {
    readonly paymentId: string;
    readonly kind: PaymentProcessed['data']['kind'];
    readonly amountMinor: number;
  }[];
}

/** Sums over the bookings of one currency, in its minor units. */
export interface CurrencyTruth {
  bookings: number;
  totalMinor: number;
  capturedMinor: number;
  refundedMinor: number;
}

/** What a run comes to. */
export interface Truth {
  /** By booking id, in event-time order. */
  readonly bookings: ReadonlyMap<string, BookingTruth>;
  readonly byCurrency: Readonly<Record<string, CurrencyTruth>>;
  /** How many bookings ended in each status. */
  readonly byStatus: Readonly<Record<BookingStatus, number>>;
  readonly counts: {
    /** Distinct ids. */
    readonly bookings: number;
    readonly payments: number;
    readonly seats: number;
    /** Sent, repetitions included, when no producer is restarted: a booking that comes twice is paid twice, under the same ids. */
    readonly published: { readonly bookings: number; readonly payments: number };
  };
}

const truthOf = (booking: BookingPlaced): BookingTruth => {
  const { currency, totalMinor, items } = booking.data;
  const bookingId = booking.subject;
  const paying = payingOf(booking);
  const captured = paying !== undefined && paying.captureDelayMs !== null;
  const refund = paying?.refund ?? null;
  const declined = (paying?.declines ?? []).map((_, index) => ({
    paymentId: attemptId(bookingId, index + 1),
    kind: 'declined' as const,
    amountMinor: totalMinor,
  }));
  return {
    bookingId,
    status: paying?.outcome ?? 'none',
    currency,
    totalMinor,
    capturedMinor: captured ? totalMinor : 0,
    refundedMinor: refund?.amountMinor ?? 0,
    seats: items.length,
    payments: [
      ...declined,
      ...(captured
        ? [{ paymentId: attemptId(bookingId, declined.length + 1), kind: 'captured' as const, amountMinor: totalMinor }]
        : []),
      ...(refund ? [{ paymentId: refundId(bookingId), kind: 'refunded' as const, amountMinor: refund.amountMinor }] : []),
    ],
  };
};

/**
 * The exact final state of a run once all its payments are out, without running anything: taken from how each customer was drawn
 * to behave and not from the events, so it can be held against whatever adds those up. About 700 bytes of memory a booking.
 */
export const truth = (spec: RunSpec): Truth => {
  const bookings = new Map<string, BookingTruth>();
  const byCurrency: Record<string, CurrencyTruth> = {};
  const byStatus = { none: 0, captured: 0, 'captured-late': 0, declined: 0, 'partially-refunded': 0, refunded: 0 };
  const published = { bookings: 0, payments: 0 };
  let payments = 0;
  let seats = 0;
  for (const { event, repeat } of bookingSends(spec)) {
    published.bookings += 1;
    published.payments += paymentSends(event).length;
    if (repeat) continue;
    const booking = truthOf(event);
    bookings.set(booking.bookingId, booking);
    byStatus[booking.status] += 1;
    payments += booking.payments.length;
    seats += booking.seats;
    const sums = (byCurrency[booking.currency] ??= { bookings: 0, totalMinor: 0, capturedMinor: 0, refundedMinor: 0 });
    sums.bookings += 1;
    sums.totalMinor += booking.totalMinor;
    sums.capturedMinor += booking.capturedMinor;
    sums.refundedMinor += booking.refundedMinor;
  }
  return { bookings, byCurrency, byStatus, counts: { bookings: bookings.size, payments, seats, published } };
};
