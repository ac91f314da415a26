import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPayer } from './payer.ts';
import type { Payer, Pending } from './payer.ts';

const options = { startedAt: 0, after: undefined, idleAfterMs: 10, maxPending: 1000 };
const booking = (sequenceNumber: number, bookedAt: number, ...delays: number[]) => ({
  sequenceNumber,
  bookedAt,
  payments: delays.map((delay, index) => ({ at: bookedAt + delay, event: `${sequenceNumber}.${index}` })),
});
const ids = (payments: readonly Pending<string>[]) => payments.map(({ event }) => event);

describe('a payment', () => {
  test('leaves when the watermark has come to its time, not before', () => {
    const payer = createPayer<string>(options);
    payer.read(1e6, booking(0, 100, 50));
    payer.read(1e6, booking(1, 149));
    expect(ids(payer.release(1e6, 9))).toEqual([]);
    payer.read(1e6, booking(2, 150));
    expect(ids(payer.release(1e6, 9))).toEqual(['0.0']);
  });

  test('never leaves before its time by the clock, however far the watermark is', () => {
    const payer = createPayer<string>(options);
    payer.read(100, booking(0, 100, 50));
    payer.read(100, booking(1, 300));
    expect(payer.releasesAt()).toBe(150);
    expect(ids(payer.release(149, 9))).toEqual([]);
    expect(ids(payer.release(150, 9))).toEqual(['0.0']);
  });

  test('leaves by the clock once the input is at its end and has been quiet for long enough', () => {
    const payer = createPayer<string>(options);
    payer.read(100, booking(0, 100, 3));
    expect(payer.releasesAt()).toBe(undefined);
    payer.caughtUp();
    expect(payer.releasesAt()).toBe(110);
    expect(ids(payer.release(109, 9))).toEqual([]);
    expect(ids(payer.release(110, 9))).toEqual(['0.0']);
  });

  test('waits for the watermark again as soon as something arrives', () => {
    const payer = createPayer<string>(options);
    payer.read(100, booking(0, 100, 3));
    payer.caughtUp();
    payer.read(200, booking(1, 101));
    expect(ids(payer.release(300, 9))).toEqual([]);
  });

  test('in flight is pending and due until it is acknowledged, and holds the place to resume at', () => {
    const payer = createPayer<string>(options);
    payer.read(100, booking(0, 10, 5, 60));
    payer.read(100, booking(1, 30, 5));
    payer.read(100, booking(2, 40));
    const first = payer.release(100, 1);
    const second = payer.release(100, 9);
    expect([ids(first), ids(second)]).toEqual([['0.0'], ['1.0']]);
    expect(payer.state(100)).toEqual({ readTo: 2, watermark: 40, pending: 3, due: 3, nextDueAt: 70 });
    payer.acknowledge(second);
    expect(payer.resumeAfter()).toBe(-1);
    payer.acknowledge(first);
    expect(payer.resumeAfter()).toBe(-1);
    payer.read(100, booking(3, 70));
    payer.acknowledge(payer.release(100, 9));
    expect(payer.resumeAfter()).toBe(3);
    expect(payer.state(100)).toMatchObject({ pending: 0, due: 0, nextDueAt: null });
  });
});

test('a full payer lets the earliest go by the clock, only as many as are too many, and so never locks up', () => {
  const payer = createPayer<string>({ ...options, maxPending: 2 });
  payer.read(1e6, booking(0, 100, 500, 400, 300, 200));
  expect(payer.hasRoom()).toBe(false);
  const leaving = payer.release(1e6, 9);
  expect(ids(leaving)).toEqual(['0.3', '0.2']);
  expect(payer.hasRoom()).toBe(false);
  payer.acknowledge(leaving);
  expect(payer.hasRoom()).toBe(true);
  expect(ids(payer.release(1e6, 9))).toEqual([]);
});

/** What may happen next, by the name of it; numbers are taken modulo what is there. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('read'), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constantFrom('send', 'acknowledge', 'checkpoint', 'crash'), count: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant('pass'), count: fc.integer({ min: 1, max: 100 }) }),
);
const log = fc
  .array(
    fc.record({ gap: fc.integer({ min: 0, max: 30 }), delays: fc.array(fc.integer({ min: 0, max: 80 }), { maxLength: 4 }) }),
    {
      maxLength: 25,
      size: 'max',
    },
  )
  .map((entries) => {
    let at = 0;
    return entries.map(({ gap, delays }, index) => booking(index, (at += gap), ...delays));
  });

/** Runs a schedule, then to the end; returns what each life has sent, in order, with the largest number that was pending. */
const live = (
  bookings: ReturnType<typeof booking>[],
  schedule: readonly { kind: string; count: number }[],
  maxPending: number,
  start: number,
) => {
  const lives: Pending<string>[][] = [];
  let now = start;
  let saved: number | undefined;
  let payer: Payer<string>;
  let inFlight: Pending<string>[][] = [];
  let most = 0;
  const begin = () => {
    payer = createPayer<string>({ startedAt: now, after: saved, idleAfterMs: 10, maxPending });
    inFlight = [];
    lives.push([]);
  };
  const unread = () => bookings.slice((payer.state(now).readTo ?? -1) + 1);
  const perform = ({ kind, count }: { kind: string; count: number }) => {
    if (kind === 'pass') now += count;
    if (kind === 'crash') begin();
    if (kind === 'checkpoint') saved = payer.resumeAfter();
    if (kind === 'read') {
      // A booking is read when it has been placed, and while there is room.
      for (const each of unread().slice(0, count)) if (each.bookedAt <= now && payer.hasRoom()) payer.read(now, each);
      if (unread().length === 0) payer.caughtUp();
      most = Math.max(most, payer.state(now).pending);
    }
    if (kind === 'send') {
      const leaving = payer.release(now, count);
      expect(leaving.every(({ at }) => at <= now)).toBe(true);
      lives.at(-1)!.push(...leaving);
      if (leaving.length > 0) inFlight.push(leaving);
    }
    if (kind === 'acknowledge') for (const each of inFlight.splice(0, count)) payer.acknowledge(each);
  };
  begin();
  for (const each of schedule) perform(each);
  for (let rounds = 0; payer!.state(now).pending > 0 || unread().length > 0; rounds++) {
    if (rounds > 2000) throw new Error('locked up');
    for (const kind of ['read', 'send', 'acknowledge']) perform({ kind, count: 3 });
    const next = payer!.releasesAt();
    now = Math.max(now + 1, Math.min(next ?? now + 5, now + 50));
  }
  perform({ kind: 'checkpoint', count: 1 });
  return { lives, most, saved };
};

const start = fc.constantFrom(0, 10_000);
const schedule = fc.array(step, { maxLength: 80, size: 'max' });

describe('through any crashes', () => {
  test('every payment leaves, each life sends in the order of time, and at the end nothing is left to repeat', () => {
    fc.assert(
      fc.property(log, schedule, start, (bookings, steps, from) => {
        const { lives, saved } = live(bookings, steps, 1000, from);
        const expected = bookings.flatMap(({ payments }) => payments.map(({ event }) => event));
        expect(new Set(lives.flat().map(({ event }) => event))).toEqual(new Set(expected));
        for (const sent of lives) {
          const times = sent.map(({ at }) => at);
          expect(times).toEqual(times.toSorted((a, b) => a - b));
          expect(new Set(ids(sent)).size).toBe(sent.length);
        }
        expect(saved ?? -1).toBe(bookings.length - 1);
      }),
      { numRuns: 500 },
    );
  });

  test('with hardly any room every payment leaves, too, and no more are kept than one message brings above it', () => {
    fc.assert(
      fc.property(log, schedule, start, fc.integer({ min: 0, max: 4 }), (bookings, steps, from, maxPending) => {
        const { lives, most } = live(bookings, steps, maxPending, from);
        const expected = bookings.flatMap(({ payments }) => payments.map(({ event }) => event));
        expect(new Set(lives.flat().map(({ event }) => event))).toEqual(new Set(expected));
        expect(most).toBeLessThanOrEqual(maxPending + 4);
      }),
      { numRuns: 500 },
    );
  });
});
