import type { BookingPaymentJoined } from '@boxoffice/schemas';
import type { BookingState } from '../index.ts';
import { latePayment, matched, opened, orphaned, refundRecorded, released, sampleBooking, samplePayment } from './events.ts';

const b = sampleBooking();
const captured = (processed: number, id = 'P1', amount = 10_000) => samplePayment({ id, processed, amount });
const declined = (processed: number, id = 'P0') => samplePayment({ id, kind: 'declined', processed });
const refund = (amount: number, id = 'R1') => samplePayment({ id, kind: 'refunded', processed: 300, amount });

/** The truth table of the fold: booking B1 of 100.00 EUR, placed at minute 0 and held to minute 15. */
export const foldCases: readonly {
  readonly name: string;
  readonly events: readonly BookingPaymentJoined[];
  readonly state: BookingState;
  readonly overpaid?: boolean;
  /** Minute up to which the partition is complete. */
  readonly watermark?: number;
}[] = [
  { name: 'nothing, the hold not over: pending', events: [opened(b)], watermark: 15, state: 'pending' },
  { name: 'nothing, the hold over: abandoned', events: [opened(b)], watermark: 15.001, state: 'abandoned' },
  { name: 'released and nothing since: abandoned', events: [opened(b), released('B1', 20)], watermark: 20, state: 'abandoned' },
  { name: 'declined', events: [matched(b, declined(3))], watermark: 99, state: 'declined' },
  { name: 'captured in the last millisecond of the hold', events: [matched(b, captured(15))], state: 'captured' },
  { name: 'captured a moment after the hold', events: [opened(b), latePayment(captured(15.001))], state: 'captured-late' },
  { name: 'declined, then captured', events: [matched(b, declined(3)), matched(b, captured(4))], state: 'captured' },
  {
    name: 'captured, and declined before the hold began',
    events: [matched(b, captured(4)), orphaned(declined(-9))],
    state: 'captured',
  },
  {
    name: 'two captures, the first in time',
    events: [matched(b, captured(4)), latePayment(captured(16, 'P2'))],
    state: 'captured',
    overpaid: true,
  },
  { name: 'captured less than the total', events: [matched(b, captured(4, 'P1', 1))], state: 'captured' },
  { name: 'the payment before its booking', events: [orphaned(captured(4)), opened(b)], state: 'captured' },
  {
    name: 'captured after the release',
    events: [released('B1', 20), opened(b), latePayment(captured(30))],
    state: 'captured-late',
  },
  {
    name: 'a part given back',
    events: [matched(b, captured(4)), refundRecorded(refund(9999))],
    state: 'partially-refunded',
  },
  { name: 'all given back', events: [matched(b, captured(16)), refundRecorded(refund(10_000))], state: 'refunded' },
  {
    name: 'given back in parts',
    events: [matched(b, captured(4)), refundRecorded(refund(4000)), refundRecorded(refund(6000, 'R2'))],
    state: 'refunded',
  },
  {
    name: 'paid twice, one given back',
    events: [matched(b, captured(4)), matched(b, captured(5, 'P2')), refundRecorded(refund(10_000))],
    state: 'partially-refunded',
    overpaid: true,
  },
  { name: 'a refund of what never came', events: [opened(b), refundRecorded(refund(500))], watermark: 99, state: 'abandoned' },
  {
    name: 'a payment in another currency counts in nothing',
    events: [matched(b, samplePayment({ currency: 'USD', amount: 999_999 }))],
    watermark: 99,
    state: 'abandoned',
  },
  {
    name: 'of two contents of a payment the earlier stands',
    events: [matched(b, captured(4)), matched(b, samplePayment({ kind: 'declined', processed: 5 }))],
    state: 'captured',
  },
  {
    name: 'of two contents of a booking the one from the smaller source stands',
    events: [
      opened(sampleBooking({ source: 'shop/b', held: 1 })),
      opened(sampleBooking({ source: 'shop/a', held: 9 })),
      latePayment(captured(9)),
    ],
    state: 'captured',
  },
];
