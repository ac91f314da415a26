import type { JoinOutput } from '@boxoffice/interval-join';
import { joinedText } from '@boxoffice/schemas';
import type { Carried, Show } from '@boxoffice/schemas';

/** A booking as the join holds it. */
export interface HeldBooking {
  readonly carried: Carried;
  readonly showId: string;
}

/** What the join makes of bookings and payments. */
export type Joined = JoinOutput<HeldBooking, Carried>;

type ShowOf = (showId: string) => Show | null;

/** Adds what is said of a booking itself, by what became of it: nothing of a repetition. */
export const addBooking = (
  texts: string[],
  { carried: booking, showId }: HeldBooking,
  fate: Joined | undefined,
  showOf: ShowOf,
): void => {
  if (fate?.kind === 'entered') texts.push(joinedText({ kind: 'booking-opened', booking, show: showOf(showId) }));
  else if (fate?.kind === 'late') {
    const { lateByMs } = fate;
    texts.push(joinedText({ kind: 'late', side: 'booking', booking, lateByMs, show: showOf(showId) }));
  }
};

/** Adds what is said of a payment itself: that it is late, or, of a refund, that it is there. Others wait for their booking. */
export const addPayment = (texts: string[], payment: Carried, fate: Joined | undefined, isRefund: boolean): void => {
  if (fate?.kind === 'late') texts.push(joinedText({ kind: 'late', side: 'payment', payment, lateByMs: fate.lateByMs }));
  else if (fate?.kind === 'entered' && isRefund) texts.push(joinedText({ kind: 'refund-recorded', payment }));
};

/**
 * Adds what is said of pairs, and of what closed without one. Of a booking whose payments may be among what was lost nothing is
 * said; a payment whose booking may be is told as late, for somebody has to carry it.
 */
export const addPairing = (texts: string[], output: Joined, showOf: ShowOf): void => {
  switch (output.kind) {
    case 'matched': {
      const { left, right } = output;
      const data = { kind: 'matched', booking: left.carried, payment: right, show: showOf(left.showId) } as const;
      texts.push(joinedText(data));
      break;
    }
    case 'left-unmatched': {
      const { left, closedAt } = output;
      texts.push(joinedText({ kind: 'booking-unmatched', booking: left.carried, closedAt }));
      break;
    }
    case 'right-unmatched': {
      const { right, closedAt } = output;
      texts.push(joinedText({ kind: 'payment-unmatched', payment: right, closedAt }));
      break;
    }
    case 'right-undecided': {
      const { right, lateByMs } = output;
      texts.push(joinedText({ kind: 'late', side: 'payment', payment: right, lateByMs }));
      break;
    }
    case 'left-undecided':
    case 'late':
    case 'duplicate':
    case 'entered':
      break;
    default:
      output satisfies never;
  }
};
