import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bookingPaymentJoined,
  bookingPlaced,
  eventQuarantined,
  joinProgress,
  joinedEvent,
  paymentProcessed,
  progressEvent,
  quarantinedEvent,
  readMessage,
  streamTick,
  tickEvent,
  writeEvent,
} from './index.ts';
import type { Contract, Origin } from './index.ts';

const origin: Origin = { hub: 'bookings', partition: 2, sequenceNumber: 41, index: 0, enqueuedAt: '2026-03-01T18:31:00.250Z' };
const sample = <Event extends { readonly time: string }>(name: string, contract: Contract<Event>): Event => {
  const [reading] = readMessage<[Event]>(readFileSync(new URL(`../fixtures/${name}`, import.meta.url)), [contract]);
  if (!reading?.ok) throw new Error(`${name}: ${reading?.detail}`);
  return reading.event;
};
const booking = { event: sample('booking-placed.v3.json', bookingPlaced), origin };
const payment = { event: sample('payment-processed.v2.json', paymentProcessed), origin };
const closedAt = '2026-03-01T18:46:00.000Z';
const at = Date.parse(closedAt);

test.for([
  [{ kind: 'booking-opened', booking, show: null }, 'booking-opened:a%3Ab'],
  [{ kind: 'matched', booking, payment, show: null }, 'matched:a%3Ab:P-2026-000018-1'],
  [{ kind: 'booking-unmatched', closedAt }, 'booking-unmatched:a%3Ab'],
  [{ kind: 'payment-unmatched', payment, closedAt }, 'payment-unmatched:a%3Ab:P-2026-000018-1'],
  [{ kind: 'refund-recorded', payment }, 'refund-recorded:a%3Ab:P-2026-000018-1'],
  [{ kind: 'late', side: 'booking', booking, lateByMs: 3, show: null }, 'late:bookings:2:41:0'],
  [{ kind: 'late', side: 'payment', payment, lateByMs: 3 }, 'late:bookings:2:41:0'],
] as const)('the id of %o comes from its inputs, and what is written is read back', ([data, id]) => {
  const event = joinedEvent('a:b', at, data, booking.event);
  expect(event.id).toBe(id);
  expect(event.runid).toBe('run-1');
  expect(readMessage(writeEvent(event).body, [bookingPaymentJoined])).toMatchObject([{ ok: true, event, at }]);
});

test('whatever ids a booking and its payment may have, what is said of them is read back', () => {
  const letters = ['a', '/', '%', ' ', ':', '\u7968', '\u{1F39F}'];
  const id = fc
    .array(fc.constantFrom(...letters), { minLength: 1, maxLength: 128 })
    .map((parts) => `x${parts.join('')}`.slice(0, 127).toWellFormed().concat('y'));
  fc.assert(
    fc.property(id, id, (bookingId, paymentId) => {
      const long = { event: { ...payment.event, id: paymentId, subject: bookingId }, origin };
      const [read] = readMessage(writeEvent(long.event).body, [paymentProcessed]);
      expect(read).toMatchObject({ ok: true });
      const event = joinedEvent(bookingId, at, { kind: 'payment-unmatched', payment: long, closedAt });
      expect(readMessage(writeEvent(event).body, [bookingPaymentJoined])).toMatchObject([{ ok: true, event }]);
    }),
  );
  const far = { ...origin, hub: 'h'.repeat(256) };
  const quarantined = quarantinedEvent(far, { reason: 'invalid', detail: '', bytes: Buffer.from('{}') });
  expect(readMessage(writeEvent(quarantined).body, [eventQuarantined])).toMatchObject([{ ok: true }]);
});

test('progress, ticks and quarantined events are read back as they were written', () => {
  const ledger = { received: 6, opened: 1, payments: 1, refunds: 1, duplicate: 1, late: 1, quarantined: 1 };
  const inputs = { bookings: { readTo: 4, watermark: closedAt }, payments: { readTo: null, watermark: null } };
  const outputs = { matched: 1, bookingUnmatched: 0, paymentUnmatched: 0 };
  const progress = progressEvent(at, {
    partition: 1,
    generation: 3,
    watermark: null,
    inputs,
    ledger,
    outputs,
    waitingPayments: 0,
  });
  expect(progress.id).toBe('progress:1:3:4:-');
  const tick = tickEvent('payments', 1, at);
  const quarantined = quarantinedEvent(origin, { reason: 'invalid', detail: 'x: y', bytes: Buffer.from('{}') });
  expect(quarantined.id).toBe('quarantined:bookings:2:41:0');
  for (const event of [progress, tick, quarantined])
    expect(readMessage(writeEvent(event).body, [joinProgress, streamTick, eventQuarantined])).toMatchObject([
      { ok: true, event },
    ]);
});

test('a ledger that does not add up is inconsistent', () => {
  const ledger = { received: 7, opened: 1, payments: 1, refunds: 1, duplicate: 1, late: 1, quarantined: 1 };
  const inputs = { bookings: { readTo: 4, watermark: null }, payments: { readTo: null, watermark: null } };
  const outputs = { matched: 1, bookingUnmatched: 0, paymentUnmatched: 0 };
  const progress = progressEvent(at, {
    partition: 1,
    generation: 3,
    watermark: null,
    inputs,
    ledger,
    outputs,
    waitingPayments: 0,
  });
  expect(readMessage(writeEvent(progress).body, [joinProgress])).toMatchObject([{ ok: false, reason: 'inconsistent' }]);
});

test('an original too long to fit into a message is cut, and says how long it was', () => {
  const event = quarantinedEvent(origin, { reason: 'malformed-json', detail: '', bytes: Buffer.alloc(1_000_000, 97) });
  expect(event.data.bodyBytes).toBe(1_000_000);
  expect(writeEvent(event).body.byteLength).toBeLessThan(1_000_000);
});
