import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bookingPaymentJoined,
  bookingPlaced,
  carry,
  eventQuarantined,
  joinProgress,
  joinedEvent,
  joinedText,
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

const same = (text: string, event: object) => expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(event));

test('what is written of events that are text already is what is written of the events', () => {
  const show = {
    showId: 's',
    catalogueVersion: 2,
    title: 'A "show" \u2013 \u{1F39F}',
    category: 'c',
    startsAt: closedAt,
    venueId: 'v',
    venueName: 'V',
    city: 'Zürich',
    capacity: 9,
  };
  const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
  const extension = (name: string) =>
    fc.option(word, { nil: undefined }).map((value) => value !== undefined && { [name]: value });
  const extensions = fc
    .tuple(extension('traceparent'), extension('runid'), extension('scenario'))
    .map((each) => Object.assign({}, ...each.map((one) => one || {})));
  fc.assert(
    fc.property(
      word,
      word,
      extensions,
      fc.option(fc.constant(show)),
      fc.nat(),
      (subject, id, own, showOrNull, sequenceNumber) => {
        const { traceparent: _, runid: __, scenario: ___, ...plain } = booking.event;
        const b = { event: { ...plain, subject, ...own }, origin: { ...origin, sequenceNumber } };
        const placedAt = Date.parse(b.event.time);
        const paidAt = placedAt + (sequenceNumber % 2001) - 1000;
        const time = new Date(paidAt).toISOString();
        const p = { event: { ...payment.event, subject, id, time }, origin: { ...origin, hub: 'payments', index: 3 } };
        const carried = { booking: carry(b.event, b.origin), payment: carry(p.event, p.origin) };
        const closed = { closedAt: Date.parse(closedAt) };
        const shown = { show: showOrNull };
        same(
          joinedText({ kind: 'booking-opened', booking: carried.booking, ...shown }),
          joinedEvent(subject, placedAt, { kind: 'booking-opened', booking: b, ...shown }, b.event),
        );
        same(
          joinedText({ kind: 'matched', ...carried, ...shown }),
          joinedEvent(subject, Math.max(placedAt, paidAt), { kind: 'matched', booking: b, payment: p, ...shown }, b.event),
        );
        same(
          joinedText({ kind: 'booking-unmatched', booking: carried.booking, ...closed }),
          joinedEvent(subject, at, { kind: 'booking-unmatched', closedAt }, b.event),
        );
        same(
          joinedText({ kind: 'payment-unmatched', payment: carried.payment, ...closed }),
          joinedEvent(subject, at, { kind: 'payment-unmatched', payment: p, closedAt }, p.event),
        );
        same(
          joinedText({ kind: 'refund-recorded', payment: carried.payment }),
          joinedEvent(subject, paidAt, { kind: 'refund-recorded', payment: p }, p.event),
        );
        same(
          joinedText({ kind: 'late', side: 'booking', booking: carried.booking, lateByMs: 7, ...shown }),
          joinedEvent(subject, placedAt, { kind: 'late', side: 'booking', booking: b, lateByMs: 7, ...shown }, b.event),
        );
        same(
          joinedText({ kind: 'late', side: 'payment', payment: carried.payment, lateByMs: 7 }),
          joinedEvent(subject, paidAt, { kind: 'late', side: 'payment', payment: p, lateByMs: 7 }, p.event),
        );
      },
    ),
  );
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
  const ledger = { received: 6, opened: 1, payments: 1, refunds: 1, duplicate: 1, late: 1, quarantined: 1, lost: 2 };
  const inputs = { bookings: { readTo: 4, watermark: closedAt }, payments: { readTo: null, watermark: null } };
  const outputs = { matched: 1, bookingUnmatched: 0, paymentUnmatched: 0 };
  const progress = progressEvent(at, {
    partition: 1,
    generation: 3,
    epoch: 0,
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
  const ledger = { received: 7, opened: 1, payments: 1, refunds: 1, duplicate: 1, late: 1, quarantined: 1, lost: 2 };
  const inputs = { bookings: { readTo: 4, watermark: null }, payments: { readTo: null, watermark: null } };
  const outputs = { matched: 1, bookingUnmatched: 0, paymentUnmatched: 0 };
  const progress = progressEvent(at, {
    partition: 1,
    generation: 3,
    epoch: 0,
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
