import type { BookingPlaced, PaymentProcessed, QuarantineReason } from '@boxoffice/schemas';
import type { Spoil } from './fates.ts';
import { payingOf } from './paying.ts';
import type { Paying } from './paying.ts';
import { attemptId, fateOfPayment, orphanBeside, paymentSends, paymentsFor, refundId } from './payments.ts';
import type { RunSpec } from './run-spec.ts';
import { placedSends } from './sends.ts';
import { reasonOf } from './spoil.ts';
import { worldOfRun } from './world.ts';
import type { World } from './world.ts';

/** What a booking has come to once every event of it is known. */
export type BookingStatus = 'none' | 'captured' | 'captured-late' | 'declined' | 'partially-refunded' | 'refunded';

/** A payment of the truth; the amount in minor units of its booking's currency. */
interface PaymentTruth {
  readonly paymentId: string;
  readonly kind: PaymentProcessed['data']['kind'];
  readonly amountMinor: number;
}

/** The final state of one booking; amounts in minor units of `currency`. */
export interface BookingTruth {
  readonly bookingId: string;
  readonly status: BookingStatus;
  /** More was captured than the total. */
  readonly overpaid: boolean;
  readonly showId: string;
  readonly channel: BookingPlaced['data']['channel'];
  readonly currency: string;
  readonly totalMinor: number;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  readonly seats: number;
  /** Every distinct payment, in event-time order. */
  readonly payments: readonly PaymentTruth[];
}

/** A payment whose booking never comes. */
export interface OrphanTruth extends PaymentTruth {
  readonly bookingId: string;
  readonly currency: string;
}

/** Sums over the bookings of one currency, in its minor units. */
export interface CurrencyTruth {
  bookings: number;
  totalMinor: number;
  capturedMinor: number;
  refundedMinor: number;
}

/** Sums by currency. */
type ByCurrency = Record<string, CurrencyTruth>;

/** What a run comes to. */
export interface Truth {
  /** By booking id, in the order in which they left. */
  readonly bookings: ReadonlyMap<string, BookingTruth>;
  readonly orphans: readonly OrphanTruth[];
  readonly byCurrency: Readonly<ByCurrency>;
  readonly byShow: Readonly<Record<string, ByCurrency>>;
  readonly byChannel: Readonly<Record<string, ByCurrency>>;
  /** How many bookings ended in each status; paid late is judged by event times. */
  readonly byStatus: Readonly<Record<BookingStatus, number>>;
  /** Bookings for which more was captured than their total. */
  readonly overpaid: number;
  /** How many messages of each kind of fault were sent, when no producer is restarted. */
  readonly quarantined: Readonly<Partial<Record<QuarantineReason, number>>>;
  readonly counts: {
    /** Distinct ids that can be read; `payments` with those of orphans. */
    readonly bookings: number;
    readonly payments: number;
    readonly seats: number;
    /**
     * Sent, repetitions and what cannot be read included, when no producer is restarted: a booking that comes twice is paid twice,
     * under the same ids.
     */
    readonly published: { readonly bookings: number; readonly payments: number };
  };
}

interface Attempt extends PaymentTruth {
  readonly delayMs: number;
}

/** Every payment that this booking's customer makes, by when. */
const attemptsOf = (booking: BookingPlaced, paying: Paying): Attempt[] => {
  const { totalMinor } = booking.data;
  const tried = [
    ...paying.declines.map(({ delayMs }) => ({ kind: 'declined' as const, delayMs })),
    ...paying.captures.map((delayMs) => ({ kind: 'captured' as const, delayMs })),
  ].map((each, index) => ({ ...each, paymentId: attemptId(booking.subject, index + 1), amountMinor: totalMinor }));
  const { refund } = paying;
  return refund ? [...tried, { ...refund, kind: 'refunded', paymentId: refundId(booking.subject) }] : tried;
};

const sum = (attempts: readonly Attempt[]): number => attempts.reduce((total, { amountMinor }) => total + amountMinor, 0);

/** What becomes of a booking of which these attempts can be read. */
const statusOf = (attempts: Map<PaymentTruth['kind'], Attempt[]>, holdMs: number): BookingStatus => {
  const captures = attempts.get('captured') ?? [];
  const refunds = attempts.get('refunded') ?? [];
  if (captures.length === 0) return attempts.has('declined') ? 'declined' : 'none';
  if (refunds.length > 0) return sum(refunds) < sum(captures) ? 'partially-refunded' : 'refunded';
  return captures.some(({ delayMs }) => delayMs <= holdMs) ? 'captured' : 'captured-late';
};

const truthOf = (booking: BookingPlaced, world: World, asOf: number): BookingTruth => {
  const { showId, channel, currency, totalMinor, items, holdExpiresAt } = booking.data;
  const placedAt = Date.parse(booking.time);
  const arrived = attemptsOf(booking, payingOf(booking, world)).filter(({ paymentId, delayMs }) => {
    const { spoil, heldUpMs } = fateOfPayment(paymentId, world);
    return spoil === undefined && placedAt + delayMs + heldUpMs <= asOf;
  });
  const byKind = Map.groupBy(arrived, ({ kind }) => kind);
  const capturedMinor = sum(byKind.get('captured') ?? []);
  return {
    bookingId: booking.subject,
    status: statusOf(byKind, Date.parse(holdExpiresAt) - placedAt),
    overpaid: capturedMinor > totalMinor,
    showId,
    channel,
    currency,
    totalMinor,
    capturedMinor,
    refundedMinor: sum(byKind.get('refunded') ?? []),
    seats: items.length,
    payments: arrived.map(({ paymentId, kind, amountMinor }) => ({ paymentId, kind, amountMinor })),
  };
};

const orphanOf = (booking: BookingPlaced, world: World, asOf: number): OrphanTruth[] => {
  const orphan = orphanBeside(booking, world);
  if (!orphan || Date.parse(orphan.time) > asOf) return [];
  const { kind, amountMinor, currency } = orphan.data;
  return [{ bookingId: orphan.subject, paymentId: orphan.id, kind, amountMinor, currency }];
};

const addTo = (sums: ByCurrency, { currency, totalMinor, capturedMinor, refundedMinor }: BookingTruth): void => {
  const own = (sums[currency] ??= { bookings: 0, totalMinor: 0, capturedMinor: 0, refundedMinor: 0 });
  own.bookings += 1;
  own.totalMinor += totalMinor;
  own.capturedMinor += capturedMinor;
  own.refundedMinor += refundedMinor;
};

/**
 * The exact final state of a run, without running anything: taken from how each customer was drawn to behave and not from the
 * events, so it can be held against whatever adds those up. Of what was published up to `asOf`, ms, where some of it still lies
 * in the future. About 1 KB of memory a booking.
 */
export const truth = (spec: RunSpec, asOf = Infinity): Truth => {
  const world = worldOfRun(spec);
  const bookings = new Map<string, BookingTruth>();
  const orphans: OrphanTruth[] = [];
  const byCurrency: ByCurrency = {};
  const byShow: Record<string, ByCurrency> = {};
  const byChannel: Record<string, ByCurrency> = {};
  const byStatus = { none: 0, captured: 0, 'captured-late': 0, declined: 0, 'partially-refunded': 0, refunded: 0 };
  const quarantined: Partial<Record<QuarantineReason, number>> = {};
  const published = { bookings: 0, payments: 0 };
  let overpaid = 0;
  let payments = 0;
  let seats = 0;
  const quarantine = (spoil: Spoil): void => {
    const reason = reasonOf[spoil];
    quarantined[reason] = (quarantined[reason] ?? 0) + 1;
  };

  for (const { booking: event, spoil, repeat } of placedSends(spec)) {
    published.bookings += 1;
    if (spoil) {
      quarantine(spoil);
      continue;
    }
    published.payments += paymentSends(event).filter(({ at }) => at <= asOf).length;
    for (const { id, time } of paymentsFor(event)) {
      const fate = fateOfPayment(id, world);
      if (fate.spoil && Date.parse(time) <= asOf) quarantine(fate.spoil);
    }
    if (repeat) continue;
    const booking = truthOf(event, world, asOf);
    const beside = orphanOf(event, world, asOf);
    bookings.set(booking.bookingId, booking);
    orphans.push(...beside);
    byStatus[booking.status] += 1;
    overpaid += Number(booking.overpaid);
    payments += booking.payments.length + beside.length;
    seats += booking.seats;
    addTo(byCurrency, booking);
    addTo((byShow[booking.showId] ??= {}), booking);
    addTo((byChannel[booking.channel] ??= {}), booking);
  }
  const counts = { bookings: bookings.size, payments, seats, published };
  return { bookings, orphans, byCurrency, byShow, byChannel, byStatus, overpaid, quarantined, counts };
};
