import type { BookingDetail, PaymentRow } from '@boxoffice/warehouse';
import { expect, test } from 'vitest';
import { timelineOf } from './timeline.ts';

const at = (minute: number): string => new Date(Date.UTC(2026, 2, 1, 10, minute)).toISOString();

const payment = (paymentId: string, minute: number, more: Partial<PaymentRow> = {}): PaymentRow => ({
  bookingId: 'b',
  paymentId,
  kind: 'captured',
  attempt: 1,
  method: 'card',
  declineReason: null,
  amountMinor: 4500,
  currency: 'EUR',
  processedAt: at(minute),
  enqueuedAt: at(minute + 1),
  loadedAt: at(minute + 2),
  ...more,
});

const booking = (payments: readonly PaymentRow[], releasedAt: string | null = null): BookingDetail => ({
  bookingId: 'b',
  state: 'captured',
  overpaid: false,
  runId: null,
  showId: 's',
  showTitle: null,
  channel: 'web',
  currency: 'EUR',
  seatCount: 2,
  totalMinor: 4500,
  capturedMinor: 4500,
  refundedMinor: 0,
  attempts: payments.length,
  foreignPayments: 0,
  placedAt: at(0),
  holdExpiresAt: at(15),
  paidAt: null,
  releasedAt,
  enqueuedAt: at(1),
  loadedAt: at(2),
  payments,
  customerHash: 'h',
  venueName: null,
  city: null,
  category: null,
  startsAt: null,
  seats: [],
  conflicts: 0,
});

const cases: { law: string; given: BookingDetail; then: string[] }[] = [
  { law: 'an unpaid booking', given: booking([]), then: ['booked', 'booking-enqueued', 'booking-loaded', 'hold-expires'] },
  {
    law: 'released seats come after the hold, also in the same millisecond',
    given: booking([], at(15)),
    then: ['booked', 'booking-enqueued', 'booking-loaded', 'hold-expires', 'seats-released'],
  },
  {
    law: 'a payment that its system dates before the booking comes first',
    given: booking([payment('p', -1)]),
    then: [
      'payment-captured p',
      'booked',
      'payment-enqueued p',
      'booking-enqueued',
      'payment-loaded p',
      'booking-loaded',
      'hold-expires',
    ],
  },
  {
    law: 'payments of one millisecond are in order of their ids, whatever the order given',
    given: booking([payment('q', 20), payment('p', 20)]),
    then: [
      'booked',
      'booking-enqueued',
      'booking-loaded',
      'hold-expires',
      'payment-captured p',
      'payment-captured q',
      'payment-enqueued p',
      'payment-enqueued q',
      'payment-loaded p',
      'payment-loaded q',
    ],
  },
];
test.for(cases)('$law', ({ given, then }) => {
  const entries = timelineOf(given);
  expect(entries.map(({ what, paymentId }) => (paymentId === null ? what : `${what} ${paymentId}`))).toEqual(then);
  expect(entries.map((entry) => entry.at)).toEqual(entries.map((entry) => entry.at).toSorted());
});

test.for([
  { given: payment('p', 15), then: '45.00 EUR by card, attempt 1' },
  { given: payment('p', 16), then: '45.00 EUR by card, attempt 1; after the hold had expired' },
  {
    given: payment('p', 1, { kind: 'declined', declineReason: 'no-funds' }),
    then: '45.00 EUR by card, attempt 1; reason: no-funds',
  },
  { given: payment('p', 1, { currency: 'JPY' }), then: '4500 JPY by card, attempt 1; not in EUR, so it counts in nothing' },
])('the payment in words: $then', ({ given, then }) => {
  expect(timelineOf(booking([given])).find(({ what }) => what === `payment-${given.kind}`)?.detail).toBe(then);
});
