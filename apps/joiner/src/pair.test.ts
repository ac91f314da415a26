import { bookingPlaced, paymentProcessed, tickEvent, writeEvent } from '@boxoffice/schemas';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { claimed, freshCheckpoint } from './checkpoint.ts';
import type { PairCheckpoint, PairSettings } from './checkpoint.ts';
import { createPair, inputs } from './pair.ts';
import type { Input, InputMessage, Pair, PairOutputs } from './pair.ts';

// One unit of event time is a minute: a payment may come 2 before and 15 after its booking, and events 5 out of order.
const minute = 60_000;
const settings: PairSettings = { beforeMs: 2 * minute, afterMs: 15 * minute, boundMs: 5 * minute, skewMs: 5 * minute };
const epoch = Date.parse('2026-03-01T00:00:00Z');
const iso = (minutes: number) => new Date(epoch + minutes * minute).toISOString();
/** The broker's clock, later than any event here unless a test says otherwise. */
const received = 10_000;

const booking = (name: string, at: number) => ({
  specversion: '1.0',
  id: `${name}@${at}`,
  source: 'test',
  type: bookingPlaced.type,
  subject: name,
  time: iso(at),
  dataschema: `urn:boxoffice:booking.placed:${bookingPlaced.newest}`,
  data: {
    customerKey: 'c',
    showId: 's',
    channel: 'web',
    currency: 'EUR',
    totalMinor: 100,
    items: [{ section: null, row: null, seat: '1', priceMinor: 100, feeMinor: 0, discountMinor: 0 }],
    holdExpiresAt: iso(at + 15),
  },
});
const payment = (name: string, at: number, kind: 'captured' | 'refunded' = 'captured') => ({
  specversion: '1.0',
  id: `${name}-${kind}@${at}`,
  source: 'test',
  type: paymentProcessed.type,
  subject: name,
  time: iso(at),
  dataschema: `urn:boxoffice:payment.processed:${paymentProcessed.newest}`,
  data: { kind, attempt: 1, method: 'card', declineReason: null, amountMinor: 100, currency: 'EUR' },
});

const message = (input: Input, sequenceNumber: number, content: object | string, enqueued = received): InputMessage => ({
  hub: input,
  partition: 0,
  sequenceNumber,
  enqueuedAt: epoch + enqueued * minute,
  body: typeof content === 'string' ? Buffer.from(content) : writeEvent(content).body,
});
const knowledge = { showOf: () => null, bookings: bookingPlaced };
const fresh = (): Pair => createPair(settings, claimed(freshCheckpoint(settings), settings), knowledge);
const ids = ({ joined, quarantined }: PairOutputs) => [...joined, ...quarantined].map(({ id }) => id);

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

  test('of changed settings it joins again what was open', () => {
    const before = {
      ...freshCheckpoint(settings),
      readTo: { bookings: 9, payments: 9 },
      replayFrom: { bookings: 4, payments: 6 },
    };
    const after = claimed(before, { ...settings, afterMs: 1 });
    expect(after).toMatchObject({ generation: 1, readTo: { bookings: 3, payments: 5 }, replayFrom: before.replayFrom });
  });
});

type Log = readonly (object | string)[];
const name = fc.constantFrom('a', 'b', 'c');
const at = fc.nat({ max: 60 });
const junk = fc.constantFrom('{', '[]', '{"type":"x"}');
const tickOf = (input: Input) => at.map((minutes) => tickEvent(input, 0, epoch + minutes * minute));
const logs = fc.record({
  bookings: fc.array(
    fc.oneof({ weight: 6, arbitrary: fc.tuple(name, at).map((each) => booking(...each)) }, tickOf('bookings'), junk),
    { maxLength: 12 },
  ),
  payments: fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.tuple(name, at, fc.constantFrom('captured', 'captured', 'refunded')).map((each) => payment(...each)),
      },
      tickOf('payments'),
      junk,
    ),
    { maxLength: 12 },
  ),
});

const collect = (into: Map<string, string>, { joined, quarantined }: PairOutputs): void => {
  for (const event of [...joined, ...quarantined]) into.set(event.id, JSON.stringify(event));
};

/** Plays both logs to their ends in an order that `choices` decide, with crashes; what comes out, by id, and the last cut. */
const play = (logsOf: Record<Input, Log>, choices: readonly ('bookings' | 'payments' | 'cut' | 'crash')[]) => {
  const out = new Map<string, string>();
  let stored: PairCheckpoint = claimed(freshCheckpoint(settings), settings);
  let pair = createPair(settings, stored, knowledge);
  const next = { bookings: 0, payments: 0 };
  const step = (input: Input): boolean => {
    const sequenceNumber = next[input];
    const content = logsOf[input][sequenceNumber];
    if (content === undefined || !pair.mayTake(input, sequenceNumber)) return false;
    collect(out, pair.take(input, message(input, sequenceNumber, content)));
    next[input]++;
    return true;
  };
  for (const choice of choices) {
    if (choice === 'cut') {
      if (pair.live) stored = pair.cut();
    } else if (choice === 'crash') {
      stored = claimed(stored, settings);
      pair = createPair(settings, stored, knowledge);
      for (const input of inputs) next[input] = stored.replayFrom[input];
    } else step(choice);
  }
  while (inputs.map(step).includes(true));
  return { out: Object.fromEntries(out), cut: pair.cut() };
};

test('crashes anywhere, under any interleaving, change neither the outputs nor the ledger', () => {
  const choices = fc.array(
    fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...inputs) }, fc.constantFrom('cut' as const), {
      weight: 1,
      arbitrary: fc.constantFrom('crash' as const),
    }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(logs, choices, (each, schedule) => {
      const straight = play(each, []);
      const troubled = play(each, schedule);
      expect(troubled.out).toEqual(straight.out);
      const { generation: _, ...rest } = troubled.cut;
      expect({ ...rest, generation: straight.cut.generation }).toEqual(straight.cut);
      const { ledger, outputs } = troubled.cut;
      const kinds = Object.groupBy(Object.keys(straight.out), (id) => id.split(':')[0] ?? '');
      const count = (kind: string) => kinds[kind]?.length ?? 0;
      expect(ledger.received).toBe(
        ledger.opened + ledger.payments + ledger.refunds + ledger.duplicate + ledger.late + ledger.quarantined,
      );
      expect([ledger.refunds, ledger.late, ledger.quarantined]).toEqual([
        count('refund-recorded'),
        count('late'),
        count('quarantined'),
      ]);
      expect(outputs.paymentUnmatched).toBe(count('payment-unmatched'));
    }),
    { numRuns: 3000 },
  );
});
