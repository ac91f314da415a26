import { tickEvent, writeEvent } from '@boxoffice/schemas';
import { bookingPlaced } from '@boxoffice/schemas';
import { describe, expect, test } from 'vitest';
import { claimed, freshCheckpoint, rewound } from './checkpoint.ts';
import type { PairCheckpoint } from './checkpoint.ts';
import { WipedHubError } from './edges.ts';
import { booking as bookingAt, payment as paymentAt } from './fixtures/events.ts';
import type { Input } from './inputs.ts';
import { createPair } from './pair.ts';
import type { InputMessage, Pair, PairLimits, PairOutputs } from './pair.ts';

// Times are minutes: a payment may come 2 before and 15 after its booking, and events 5 out of order.
const minute = 60_000;
const settings: PairLimits = {
  beforeMs: 2 * minute,
  afterMs: 15 * minute,
  boundMs: 5 * minute,
  skewMs: 5 * minute,
  alignmentMs: 1000 * minute,
  stateMaxBytes: 1e9,
};
const epoch = Date.parse('2026-03-01T00:00:00Z');
/** The broker's clock, later than any event here unless a test says otherwise. */
const received = 10_000;

const booking = (name: string, at: number, more: Parameters<typeof bookingAt>[2] = {}) =>
  bookingAt(name, epoch + at * minute, { id: `${name}@${at}`, ...more });
const payment = (name: string, at: number, kind: 'captured' | 'refunded' = 'captured') =>
  paymentAt(name, epoch + at * minute, kind, { id: `${name}-${kind}@${at}` });

const message = (input: Input, sequenceNumber: number, content: object | string, enqueued = received): InputMessage => ({
  hub: input,
  partition: 0,
  sequenceNumber,
  enqueuedAt: epoch + enqueued * minute,
  body: typeof content === 'string' ? Buffer.from(content) : writeEvent(content).body,
});
const knowledge = { showOf: () => null, bookings: bookingPlaced };
const resume = (checkpoint: PairCheckpoint): Pair => createPair(settings, claimed(checkpoint, settings), knowledge);
const fresh = (): Pair => resume(freshCheckpoint(settings));
const ids = ({ joined, quarantined }: PairOutputs): unknown[] => [
  ...joined.map((text) => JSON.parse(text).id),
  ...quarantined.map(({ id }) => id),
];

/** A pair that has read two bookings and a payment, and what it remembers of them. */
const midway = () => {
  const pair = fresh();
  pair.take('bookings', message('bookings', 0, booking('b', 0)));
  pair.take('bookings', message('bookings', 1, booking('c', 6)));
  pair.take('payments', message('payments', 0, payment('b', 3)));
  return pair.cut();
};

describe('a pair', () => {
  test('opens, matches, records refunds, and leaves nothing unsaid of what it cannot read', () => {
    const pair = fresh();
    const taken = [
      pair.take('bookings', message('bookings', 0, booking('b', 0))),
      pair.take('payments', message('payments', 0, payment('b', 3))),
      pair.take('payments', message('payments', 1, payment('b', 7, 'refunded'))),
      pair.take('payments', message('payments', 2, payment('b', 3))),
      pair.take('payments', message('payments', 3, '{')),
      pair.take('bookings', message('bookings', 1, booking('c', 6), 0)),
      pair.take('bookings', message('bookings', 2, booking('d', 20))),
      pair.take('bookings', message('bookings', 3, booking('e', 1))),
    ];
    expect(taken.map(ids)).toEqual([
      ['booking-opened:b'],
      ['matched:b:b-captured%403'],
      ['refund-recorded:b:b-refunded%407'],
      [],
      ['quarantined:payments:0:3:0'],
      ['quarantined:bookings:0:1:0'],
      ['booking-opened:d'],
      ['late:bookings:0:3:0'],
    ]);
    expect(taken[5]?.quarantined[0]?.data).toMatchObject({ reason: 'clock-skew', detail: expect.stringContaining('60000 ms') });
    expect(pair.status().ledger).toEqual({
      received: 8,
      opened: 2,
      payments: 1,
      refunds: 1,
      duplicate: 1,
      late: 1,
      quarantined: 2,
      lost: 0,
    });
  });

  test('a tick closes what has waited in vain, and is no event of the ledger', () => {
    const pair = fresh();
    pair.take('bookings', message('bookings', 0, booking('b', 0)));
    pair.take('payments', message('payments', 0, payment('x', 0)));
    const tick = (input: Input) => ids(pair.take(input, message(input, 1, tickEvent(input, 0, epoch + 15 * minute + 1))));
    expect(tick('bookings')).toEqual([]);
    expect(tick('payments')).toEqual(['payment-unmatched:x:x-captured%400', 'booking-unmatched:b']);
    expect(pair.status().ledger.received).toBe(2);
  });

  test('an event that is sent again in another trace is a repetition; one with other contents under its id is not', () => {
    const pair = fresh();
    const first = booking('b', 0);
    expect(ids(pair.take('bookings', message('bookings', 0, first)))).toEqual(['booking-opened:b']);
    expect(ids(pair.take('bookings', message('bookings', 1, { ...first, traceparent: 'another' })))).toEqual([]);
    const other = booking('b', 0, { totalMinor: 999 });
    expect(ids(pair.take('bookings', message('bookings', 2, other)))).toEqual(['booking-opened:b']);
    expect(pair.status().ledger).toMatchObject({ received: 3, opened: 2, duplicate: 1 });
    const pairs = pair.take('payments', message('payments', 0, payment('b', 3)));
    expect(pairs.joined.map((text) => JSON.parse(text).data.booking.event.data.totalMinor)).toEqual([100, 999]);
  });

  test('of changed settings it says again what was open, and counts nothing twice', () => {
    const before = midway();
    const changed = { ...settings, afterMs: 4 * minute };
    const pair = createPair(changed, claimed(before, changed), knowledge);
    expect(pair.phase).toBe('repeating');
    expect(ids(pair.take('bookings', message('bookings', 0, booking('b', 0))))).toEqual(['booking-opened:b']);
    pair.take('bookings', message('bookings', 1, booking('c', 6)));
    expect(pair.hold('bookings', 2, false)).toBe('barrier');
    expect(ids(pair.take('payments', message('payments', 0, payment('b', 3))))).toEqual(['matched:b:b-captured%403']);
    expect(pair.phase).toBe('live');
    expect(pair.status()).toMatchObject({ ledger: before.ledger, outputs: before.outputs });
    pair.take('payments', message('payments', 1, payment('c', 7)));
    expect(pair.status()).toMatchObject({ ledger: { received: 4, payments: 2 }, outputs: { matched: 2 } });
  });

  test('that is to read the past again does so aloud from there, and a restart in the middle of it goes on with it', () => {
    const before = midway();
    const from = rewound(before, { bookings: 0, payments: 0 });
    const pair = resume(from);
    expect(ids(pair.take('bookings', message('bookings', 0, booking('b', 0))))).toEqual(['booking-opened:b']);
    const again = resume(pair.cut());
    expect(again.phase).toBe('replaying');
    expect(ids(again.take('bookings', message('bookings', 0, booking('b', 0))))).toEqual([]);
    expect(again.phase).toBe('repeating');
    expect(ids(again.take('payments', message('payments', 0, payment('b', 3))))).toEqual(['matched:b:b-captured%403']);
    expect(ids(again.take('bookings', message('bookings', 1, booking('c', 6))))).toEqual(['booking-opened:c']);
    expect(again.phase).toBe('live');
    expect(again.cut()).toMatchObject({ ledger: before.ledger, outputs: before.outputs, readTo: before.readTo });
  });

  test('that reads the past again says of nobody that he has no partner whom it does not read again', () => {
    const narrow = { ...settings, boundMs: 0 };
    const first = createPair(narrow, claimed(freshCheckpoint(narrow), narrow), knowledge);
    // Payment p of booking a lies above what is read again after a restart, and its booking below.
    const log = {
      bookings: [booking('a', 0), booking('c', 13), booking('d', 30)],
      payments: [payment('a', 14), payment('c', 15), payment('d', 31)],
    };
    for (const [index, event] of log.bookings.entries()) first.take('bookings', message('bookings', index, event));
    for (const [index, event] of log.payments.entries()) first.take('payments', message('payments', index, event));
    const cut = first.cut();
    expect(cut.replayFrom).toEqual({ bookings: 1, payments: 0 });
    const again = createPair(narrow, rewound({ ...cut, generation: 2 }, cut.replayFrom), knowledge);
    const said = [
      ...log.bookings.slice(1).flatMap((event, index) => ids(again.take('bookings', message('bookings', index + 1, event)))),
      ...log.payments.flatMap((event, index) => ids(again.take('payments', message('payments', index, event)))),
    ];
    expect(said).toEqual(['booking-opened:c', 'booking-opened:d', 'matched:c:c-captured%4015', 'matched:d:d-captured%4031']);
    expect(again.status()).toMatchObject({ phase: 'live', ledger: cut.ledger });
    expect(again.cut().ledger).toEqual(cut.ledger);
  });

  test('that reads the past again still knows a hub that is not the one it has read', () => {
    const pair = resume(rewound(midway(), { bookings: 0, payments: 0 }));
    pair.take('bookings', message('bookings', 0, booking('b', 0)));
    expect(() => pair.take('bookings', message('bookings', 1, booking('c', 6), received + 1))).toThrow(WipedHubError);
  });

  test('knows a hub that is not the one it has read by the message in the place of the last', () => {
    const pair = resume(midway());
    pair.take('bookings', message('bookings', 0, booking('b', 0)));
    expect(() => pair.take('bookings', message('bookings', 1, booking('c', 6), received + 1))).toThrow(WipedHubError);
  });

  test('of whose past a part is gone says of nobody that he has no partner who may have lost him, and carries him all the same', () => {
    // Up to minute 6 bookings may be gone: payment p may have had one there, q at minute 22 may not.
    const before = { ...freshCheckpoint(settings), lostTo: { bookings: epoch + 6 * minute, payments: null } };
    const pair = resume(before);
    pair.take('payments', message('payments', 0, payment('p', 7)));
    pair.take('payments', message('payments', 1, payment('q', 22)));
    const tick = (input: Input, sequenceNumber: number) =>
      ids(pair.take(input, message(input, sequenceNumber, tickEvent(input, 0, epoch + 60 * minute))));
    tick('payments', 2);
    expect(tick('bookings', 0)).toEqual(['late:payments:0:0:0', 'payment-unmatched:q:q-captured%4022']);
    expect(pair.status().ledger).toMatchObject({ received: 2, payments: 1, late: 1 });
    expect(pair.cut().lostTo).toEqual({ bookings: null, payments: null });
  });

  test('that begins behind messages nobody has read finds out by the first one up to when they may have been', () => {
    const before = { ...freshCheckpoint(settings), lostBefore: { bookings: null, payments: 4 } };
    const pair = createPair(
      settings,
      {
        ...before,
        readTo: { bookings: -1, payments: 3 },
        replayFrom: { bookings: 0, payments: 4 },
        knownTo: { bookings: -1, payments: 3 },
      },
      knowledge,
    );
    pair.take('bookings', message('bookings', 0, booking('b', 0)));
    pair.take('bookings', message('bookings', 1, booking('c', 30)));
    // Came in at minute 20, so what is gone has event times up to 25: of b nobody can tell, c closes later than that began.
    pair.take('payments', message('payments', 4, payment('x', 19), 20));
    const end = (input: Input, sequenceNumber: number) =>
      ids(pair.take(input, message(input, sequenceNumber, tickEvent(input, 0, epoch + 100 * minute))));
    end('bookings', 2);
    expect(end('payments', 5)).toEqual(['payment-unmatched:x:x-captured%4019', 'booking-unmatched:c']);
    expect(pair.cut()).toMatchObject({ lostBefore: { payments: null }, outputs: { bookingUnmatched: 1 } });
  });

  test('state above its limit holds the input that is ahead, and never the one that holds the watermark', () => {
    const pair = createPair({ ...settings, stateMaxBytes: 1 }, claimed(freshCheckpoint(settings), settings), knowledge);
    pair.take('bookings', message('bookings', 0, booking('b', 20)));
    pair.take('payments', message('payments', 0, payment('b', 10)));
    expect(pair.hold('bookings', 1, true)).toBe('state');
    expect(pair.hold('payments', 1, true)).toBeUndefined();
  });
});
