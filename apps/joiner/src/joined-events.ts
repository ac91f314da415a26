import type { JoinOutput } from '@boxoffice/interval-join';
import { joinedEvent } from '@boxoffice/schemas';
import type { BookingPaymentJoined, BookingPlaced, Origin, PaymentProcessed, Show } from '@boxoffice/schemas';

/** An event with its place in its hub and its event time, ms: what the join holds. */
export interface Held<Event> {
  readonly event: Event;
  readonly origin: Origin;
  readonly at: number;
}

/** What the join makes of bookings and payments. */
export type Joined = JoinOutput<Held<BookingPlaced>, Held<PaymentProcessed>>;

type ShowOf = (showId: string) => Show | null;

const instant = (ms: number): string => new Date(ms).toISOString();

/** What is said of a booking itself, by what became of it: nothing of a repetition. */
export const ofBooking = (
  { event, origin, at }: Held<BookingPlaced>,
  fate: Joined | undefined,
  showOf: ShowOf,
): BookingPaymentJoined[] => {
  const booking = { event, origin };
  if (fate?.kind === 'entered')
    return [joinedEvent(event.subject, at, { kind: 'booking-opened', booking, show: showOf(event.data.showId) }, event)];
  if (fate?.kind !== 'late') return [];
  const { lateByMs } = fate;
  return [
    joinedEvent(event.subject, at, { kind: 'late', side: 'booking', booking, lateByMs, show: showOf(event.data.showId) }, event),
  ];
};

/** What is said of a payment itself: that it is late, or, of a refund, that it is there. Others wait for their booking. */
export const ofPayment = ({ event, origin, at }: Held<PaymentProcessed>, fate: Joined | undefined): BookingPaymentJoined[] => {
  const payment = { event, origin };
  if (fate?.kind === 'late')
    return [joinedEvent(event.subject, at, { kind: 'late', side: 'payment', payment, lateByMs: fate.lateByMs }, event)];
  if (fate?.kind !== 'entered' || event.data.kind !== 'refunded') return [];
  return [joinedEvent(event.subject, at, { kind: 'refund-recorded', payment }, event)];
};

/** What is said of pairs, and of what closed without one. */
export const ofPairing = (output: Joined, showOf: ShowOf): BookingPaymentJoined[] => {
  switch (output.kind) {
    case 'matched': {
      const { left, right } = output;
      const booking = { event: left.event, origin: left.origin };
      const payment = { event: right.event, origin: right.origin };
      const data = { kind: 'matched', booking, payment, show: showOf(left.event.data.showId) } as const;
      return [joinedEvent(left.event.subject, Math.max(left.at, right.at), data, left.event)];
    }
    case 'left-unmatched': {
      const { event } = output.left;
      return [
        joinedEvent(event.subject, output.closedAt, { kind: 'booking-unmatched', closedAt: instant(output.closedAt) }, event),
      ];
    }
    case 'right-unmatched': {
      const { event, origin } = output.right;
      const data = { kind: 'payment-unmatched', payment: { event, origin }, closedAt: instant(output.closedAt) } as const;
      return [joinedEvent(event.subject, output.closedAt, data, event)];
    }
    case 'late':
    case 'duplicate':
    case 'entered':
      return [];
    default:
      return output satisfies never;
  }
};
