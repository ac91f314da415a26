import { truth } from '@boxoffice/scenario';
import type { Truth } from '@boxoffice/scenario';
import { expect, test } from 'vitest';
import type { BookingRow, PaymentRow } from './services.ts';
import { judge, latencies, percentile } from './verdict.ts';
import type { Found } from './verdict.ts';

const spec = {
  seed: 3,
  profile: 'everyday',
  packing: 1,
  maxDelayS: 600,
  from: '2026-03-01T00:00:00.000Z',
  to: '2026-03-02T00:00:00.000Z',
  bookings: 60,
} as const;
const expected: Truth = truth(spec);
const at = '2026-03-02T00:00:00.000Z';

/** What a warehouse that is right would show. */
const right = (): { -readonly [K in keyof Found]: Found[K] } & { bookings: BookingRow[]; orphans: PaymentRow[] } => ({
  bookings: [...expected.bookings.values()].map((booking) => ({
    bookingId: booking.bookingId,
    state: booking.status === 'none' ? 'pending' : booking.status,
    overpaid: booking.overpaid,
    showId: booking.showId,
    channel: booking.channel,
    currency: booking.currency,
    seatCount: booking.seats,
    total: { minor: booking.totalMinor },
    captured: { minor: booking.capturedMinor },
    refunded: { minor: booking.refundedMinor },
    enqueuedAt: at,
    loadedAt: at,
    payments: booking.payments.map(({ paymentId, kind, amountMinor }) => ({
      bookingId: booking.bookingId,
      paymentId,
      kind,
      amount: { minor: amountMinor },
      currency: booking.currency,
      enqueuedAt: at,
      loadedAt: at,
    })),
  })),
  orphans: [],
  netMinor: Object.fromEntries(
    Map.groupBy(expected.bookings.values(), ({ currency }) => currency)
      .entries()
      .map(([currency, each]) => [
        currency,
        each.reduce(
          (sum, { totalMinor, refundedMinor, capturedMinor }) => sum + (capturedMinor > 0 ? totalMinor - refundedMinor : 0),
          0,
        ),
      ]),
  ),
  quarantined: {},
  ledgerAddsUp: true,
});

const first = (found: { bookings: BookingRow[] }): BookingRow => {
  const row = found.bookings.find(({ payments }) => payments.some(({ kind }) => kind === 'captured'));
  if (!row) throw new Error('no booking was paid');
  return row;
};
const firstPayment = (found: { bookings: BookingRow[] }): PaymentRow => {
  const payment = first(found).payments.find(({ kind }) => kind === 'captured');
  if (!payment) throw new Error('no payment');
  return payment;
};

test('a warehouse that equals the truth is ok', () => {
  expect(judge('r', expected, right())).toMatchObject({ ok: true, bookings: 60, missing: 0, duplicates: 0, differences: [] });
});

test.for([
  ['a payment less', (found) => first(found).payments.splice(0, 1), { missing: 1, duplicates: 0 }, /fact_payment .*: is missing/],
  [
    'a payment twice',
    (found) => first(found).payments.push(firstPayment(found)),
    { missing: 0, duplicates: 1 },
    /is there 2 times/,
  ],
  [
    'a booking less',
    (found) => found.bookings.splice(found.bookings.indexOf(first(found)), 1),
    { duplicates: 0 },
    /fact_booking .*: is missing/,
  ],
  [
    'a booking twice',
    (found) => found.bookings.push({ ...first(found), payments: [] }),
    { missing: 0, duplicates: 1 },
    /fact_booking .*: is there 2 times/,
  ],
  [
    'a booking that was never published',
    (found) => found.bookings.push({ ...first(found), bookingId: 'x', payments: [] }),
    {},
    /fact_booking x: was never published/,
  ],
  [
    'a payment that was never published',
    (found) => first(found).payments.push({ ...firstPayment(found), paymentId: 'x' }),
    {},
    /x: was never published/,
  ],
  [
    'a payment without its booking',
    (found) => found.orphans.push({ ...firstPayment(found), bookingId: 'x' }),
    {},
    /x \/ .*: has no booking/,
  ],
  [
    'a cent more',
    (found) => Object.assign(firstPayment(found), { amount: { minor: firstPayment(found).amount.minor + 1 } }),
    {},
    /expected captured \d+, found captured \d+/,
  ],
  ['another status', (found) => Object.assign(first(found), { state: 'declined' }), {}, /status: expected .*, found declined/],
  [
    'a sales report that says otherwise',
    (found) => Object.assign(found, { netMinor: {} }),
    {},
    /sales report in EUR: expected \d+ net, found 0/,
  ],
  ['a ledger that does not add up', (found) => Object.assign(found, { ledgerAddsUp: false }), {}, /ledger/],
  [
    'something in quarantine',
    (found) => Object.assign(found, { quarantined: { invalid: 1 } }),
    { quarantined: 1 },
    /quarantine: invalid: expected 0, found 1/,
  ],
] as const satisfies readonly (readonly [string, (found: ReturnType<typeof right>) => unknown, object, RegExp])[])(
  '%s is not, and the row is named',
  ([, damage, figures, difference]) => {
    const found = right();
    damage(found);
    const verdict = judge('r', expected, found);
    expect(verdict).toMatchObject({ ok: false, ...figures });
    expect(verdict.differences.join('\n')).toMatch(difference);
  },
);

test('latency counts from the later of the two source events', () => {
  const found = right();
  const row = first(found);
  const payment = { ...firstPayment(found), enqueuedAt: '2026-03-02T00:00:01.000Z', loadedAt: '2026-03-02T00:00:01.250Z' };
  expect(latencies([{ ...row, payments: [payment, { ...payment, enqueuedAt: '2026-03-01T00:00:00.000Z' }] }])).toEqual([
    250, 1250,
  ]);
});

test('a percentile is a value that occurs', () => {
  expect([0.5, 0.95, 1].map((share) => percentile([4, 1, 3, 2], share))).toEqual([2, 4, 4]);
  expect(percentile([], 0.5)).toBe(0);
});
