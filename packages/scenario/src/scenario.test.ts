import { partitionForKey } from '@boxoffice/partition-key';
import { bookingPlaced, decimalsOf, paymentProcessed, readMessage, writeEvent } from '@boxoffice/schemas';
import type { BookingPlaced, PaymentProcessed } from '@boxoffice/schemas';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bookings,
  bookingSends,
  catalogue,
  extentOf,
  lastPaymentDelayMs,
  orphans,
  paymentSends,
  paymentsFor,
  profileNames,
  runId,
  runRequest,
  specOf,
  truth,
} from './index.ts';
import type { RunSpec, Send } from './index.ts';
import { offers } from './catalogue.ts';
import { placedSends } from './sends.ts';

const now = Date.parse('2026-03-01T00:00:00Z');
const spec = (fields: object): RunSpec => specOf(runRequest.parse({ seed: 7, ...fields }), now);
const period = { from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' };
const day = spec({ ...period, bookings: 3000 });
const worst = spec({ ...period, bookings: 4000, profile: 'all-faults' });
const live = spec({ rate: 50, durationS: 20, faults: { duplicates: 0.2 } });

const bytesOf = ({ content }: Send) => (content instanceof Uint8Array ? content : writeEvent(content).body);
const hexOf = (sends: Iterable<Send>): string => [...sends].map((send) => Buffer.from(bytesOf(send)).toString('hex')).join('\n');
const read = (send: Send) => readMessage(bytesOf(send), [bookingPlaced, paymentProcessed]);
const readable = (sends: Iterable<Send>) =>
  [...sends].flatMap((send) => read(send).flatMap((each) => (each.ok ? [each.event] : [])));
const total = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0);
/** What is booked, without when. */
const content = (of: RunSpec) => [...bookings(of)].map(({ data }) => ({ ...data, holdExpiresAt: '' }));

const anySpec = fc
  .record({
    seed: fc.integer(),
    bookings: fc.integer({ min: 1, max: 60 }),
    start: fc.date({ min: new Date('2000-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }),
    lengthMs: fc.integer({ min: 1, max: 5 * 86_400_000 }),
    profile: fc.constantFrom(...profileNames),
    duplicates: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
    shape: fc.constantFrom('backfill', 'steady', 'total', 'stages'),
    stages: fc.array(
      fc.record({ rate: fc.integer({ min: 1, max: 20 }), durationS: fc.integer({ min: 1, max: 3 }), ramp: fc.boolean() }),
      { minLength: 1, maxLength: 4 },
    ),
  })
  .map(({ seed, bookings: count, start, lengthMs, profile, duplicates, shape, stages }) => {
    const common = { seed, profile, from: start.toISOString(), ...(duplicates !== undefined && { faults: { duplicates } }) };
    if (shape === 'steady') return spec({ ...common, rate: count, durationS: 1 });
    if (shape === 'total') return spec({ ...common, rate: 7, bookings: count });
    if (shape === 'stages') return spec({ ...common, stages });
    return spec({ ...common, bookings: count, to: new Date(start.getTime() + lengthMs).toISOString() });
  });

describe('a run', () => {
  test('is the same bytes for the same spec, however the instants are written', () => {
    for (const each of [day, worst, live])
      expect(hexOf(bookingSends(spec({ ...each, from: each.from.replace('Z', '+00:00') })))).toBe(hexOf(bookingSends(each)));
    expect(hexOf(bookingSends({ ...day, seed: 8 }))).not.toBe(hexOf(bookingSends(day)));
  });

  test('shares no id with a run of another start, seed, size, profile or shape', () => {
    const specs = [
      day,
      live,
      { ...day, from: '2026-03-01T00:00:01.000Z' },
      { ...day, seed: 8 },
      { ...day, bookings: 3001 },
      { ...day, profile: 'calm' as const },
      { ...day, packing: 10 },
      { ...day, versions: { 2: 1 } },
    ];
    const ids = specs.flatMap((each) => [...bookings(each)].map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(specs.map(runId)).size).toBe(specs.length);
  });

  test('books the same content in another period: only ids and times differ', () => {
    const later = spec({ ...day, from: '2026-04-01T00:00:00Z', to: '2026-04-02T00:00:00Z' });
    expect(content(later)).toEqual(content(day));
  });

  test('has as many bookings as asked for, in order, within its period, and sends repetitions after their first', () => {
    fc.assert(
      fc.property(anySpec, (each) => {
        const { from, to, bookings: count } = extentOf(each);
        const sends = [...placedSends(each)];
        const times = sends.map(({ at }) => at);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        expect(times.every((at) => at >= from && at < to)).toBe(true);
        const first = sends.filter(({ repeat }) => !repeat);
        expect(new Set(first.map(({ booking }) => booking.id)).size).toBe(count);
        expect(first).toHaveLength(count);
        const sent = new Map<string, unknown>();
        for (const { booking, content: bytes, repeat } of sends) {
          if (repeat) expect(bytes).toEqual(sent.get(booking.id));
          else sent.set(booking.id, bytes);
        }
      }),
    );
  });

  test('is placed when it leaves, or before, where it is held up', () => {
    for (const { at, booking, repeat } of placedSends(worst)) {
      if (repeat) continue;
      const heldUpMs = at - Date.parse(booking.time);
      expect(heldUpMs).toBeGreaterThanOrEqual(0);
      expect(heldUpMs).toBeLessThanOrEqual(40 * 60_000);
    }
    const calm = spec({ ...day, profile: 'calm' });
    for (const { at, booking } of placedSends(calm)) expect(Date.parse(booking.time)).toBe(at);
  });

  test('has busy hours and quiet ones, and a storm when a sale begins', () => {
    const byHour = Map.groupBy(bookings(day), ({ time }) => Number(time.slice(11, 13)));
    expect(byHour.get(19)!.length).toBeGreaterThan(5 * byHour.get(3)!.length);
    const stormed = [...bookings(spec({ ...period, bookings: 3000, profile: 'on-sale' }))];
    const tenToNoon = stormed.filter(({ time }) => ['10', '11'].includes(time.slice(11, 13)));
    expect(tenToNoon.length).toBeGreaterThan(stormed.length / 4);
    const most = Math.max(
      ...Map.groupBy(tenToNoon, ({ data }) => data.showId)
        .values()
        .map(({ length }) => length),
    );
    expect(most).toBeGreaterThan(tenToNoon.length / 2);
  });

  test('comes at the rates of its stages, ramps included', () => {
    const ramped = spec({
      profile: 'calm',
      stages: [
        { rate: 100, durationS: 10, ramp: true },
        { rate: 100, durationS: 10 },
        { rate: 0, durationS: 5 },
        { rate: 40, durationS: 10 },
      ],
    });
    const { from, to, bookings: count } = extentOf(ramped);
    expect([to - from, count]).toEqual([35_000, 500 + 1000 + 400]);
    const seconds = [...bookings(ramped)].map(({ time }) => (Date.parse(time) - from) / 1000);
    const between = (a: number, b: number) => seconds.filter((each) => each >= a && each < b).length;
    expect(between(0, 5)).toBeCloseTo(125, -1);
    expect(between(5, 10)).toBeCloseTo(375, -1);
    expect(between(10, 20)).toBeCloseTo(1000, -1);
    expect(between(20.1, 24.9)).toBe(0);
    expect(between(25, 30)).toBeCloseTo(200, -1);
  });
});

describe('what is sent', () => {
  test('reads as the booking it stands for, whatever version it is written in, and as the reason it was spoiled for', () => {
    const reasons = new Map<string, number>();
    const versions = new Map<number, number>();
    for (const { at, booking, content: bytes, spoil, repeat } of placedSends(worst)) {
      const [reading, ...more] = read({ at, key: '', content: bytes, repeat });
      expect(more).toEqual([]);
      if (reading?.ok && spoil !== 'clockAhead') {
        const { customerKey: _, ...data } = booking.data;
        expect(reading.event).toMatchObject({ ...booking, dataschema: 'urn:boxoffice:booking.placed:3', data });
        versions.set(reading.version, (versions.get(reading.version) ?? 0) + 1);
      } else {
        const reason = reading?.ok ? 'clock-skew' : (reading?.reason ?? '');
        if (reading?.ok) expect(reading.at).toBeGreaterThan(at + 40 * 365 * 86_400_000);
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
        expect(spoil).toBeDefined();
      }
    }
    expect([...reasons.keys()].toSorted()).toEqual(['clock-skew', 'inconsistent', 'malformed-json', 'unknown-version']);
    for (const version of [1, 2, 3]) expect(versions.get(version)).toBeGreaterThan(worst.bookings! / 20);
  });

  test('goes by the faults of the spec before those of the profile, each on its own', () => {
    const shares = { duplicates: 0.3, malformed: 0.2, unknownShow: 0.25, late: 0.15 };
    const none = { redelivered: 0, outOfOrder: 0, unknownVersion: 0, clockAhead: 0, inconsistent: 0, orphans: 0 };
    const sends = [...placedSends(spec({ ...period, bookings: 5000, profile: 'all-faults', faults: { ...none, ...shares } }))];
    const first = sends.filter(({ repeat }) => !repeat);
    const share = (matching: typeof sends) => matching.length / first.length;
    expect(share(first.filter(({ spoil }) => spoil === 'malformed'))).toBeCloseTo(0.2, 1);
    expect(share(first.filter(({ spoil }) => spoil !== undefined && spoil !== 'malformed'))).toBe(0);
    expect(share(first.filter(({ booking }) => booking.data.showId === 'show-unlisted'))).toBeCloseTo(0.25, 1);
    expect(share(first.filter(({ at, booking }) => at > Date.parse(booking.time)))).toBeCloseTo(0.15 * 0.8, 1);
    expect(share(sends.filter(({ repeat }) => repeat))).toBeCloseTo(0.3 * 0.8, 1);
  });

  test('is every version of the mix and no other', () => {
    const only = spec({ ...period, bookings: 500, profile: 'calm', versions: { 2: 1 } });
    const versions = [...bookingSends(only)].flatMap(read).map((each) => (each.ok ? each.version : 0));
    expect(new Set(versions)).toEqual(new Set([2]));
  });
});

test('every event passes its reader unchanged, with money in the decimals of its currency', () => {
  for (const each of [day, live])
    for (const booking of bookings(each))
      for (const event of [booking, ...paymentsFor(booking)])
        expect(read({ at: 0, key: '', content: event, repeat: false })).toMatchObject([{ ok: true, event }]);
});

describe('the catalogue', () => {
  test('has every show that is booked, none of which begins before the last payment', () => {
    const shows = new Map(catalogue().map((show) => [show.showId, show]));
    expect(shows.size).toBe(offers.length);
    expect(new Set(catalogue().map(({ venueId }) => venueId)).size).toBe(12);
    for (const { time, data } of bookings(day)) expect(shows.get(data.showId)!.startsAt > time).toBe(true);
  });

  test('has currencies without decimals, with two and with three', () => {
    expect(new Set(offers.map(({ currency }) => decimalsOf(currency)))).toEqual(new Set([0, 2, 3]));
  });
});

describe('payments', () => {
  const [booking] = bookings(day);
  const outcomes = (scenario: string) =>
    [...bookings(day)].map((each) => paymentsFor({ ...each, scenario }).map(({ data }) => data.kind));

  test('never leave before their booking nor later than lastPaymentDelayMs after it, whatever its hold, total and scenario', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e10 }),
        fc.integer({ min: 0, max: 10 }),
        fc.string(),
        fc.constantFrom(...profileNames),
        fc.integer({ min: 1, max: 5000 }),
        (holdMs, totalMinor, subject, profile, maxDelayS) => {
          const at = Date.parse(booking!.time);
          const holdExpiresAt = new Date(at + holdMs).toISOString();
          const scenario = `${profile}:1;maxDelayS=${maxDelayS}`;
          const sends = paymentSends({ ...booking!, scenario, subject, data: { ...booking!.data, totalMinor, holdExpiresAt } });
          for (const send of sends) {
            expect(send.at).toBeGreaterThanOrEqual(at);
            expect(send.at - at).toBeLessThanOrEqual(lastPaymentDelayMs({ maxDelayS }));
          }
        },
      ),
    );
  });

  test('are drawn for a booking from elsewhere, alike each time, and none for the scenario none', () => {
    const { id, source, type, specversion, time, dataschema, data } = booking!;
    const foreign = { id, source, type, specversion, time, dataschema, data, subject: 'x'.repeat(128) };
    expect(paymentsFor(foreign)).toEqual(paymentsFor(foreign));
    expect(paymentSends(foreign).every((each) => each.key.length <= 128)).toBe(true);
    expect(paymentsFor({ ...foreign, scenario: 'none' })).toEqual([]);
    expect(paymentSends({ ...foreign, scenario: 'none' })).toEqual([]);
    expect(outcomes('unheard-of:1').some((kinds) => kinds.length > 0)).toBe(true);
    expect(outcomes('everyday:1')).not.toEqual(outcomes('everyday:2'));
  });

  test('follow the run in what it wants otherwise than its profile, by the event alone', () => {
    const quick = [
      ...bookings(spec({ ...period, bookings: 3000, profile: 'all-faults', maxDelayS: 5, faults: { orphans: 0.5 } })),
    ];
    const refunds = quick.flatMap((each) => {
      const all = paymentsFor(each);
      const [refund] = all.filter(({ data }) => data.kind === 'refunded');
      const [capture] = all.filter(({ data }) => data.kind === 'captured');
      return refund && capture ? [Date.parse(refund.time) - Date.parse(capture.time)] : [];
    });
    expect(refunds.length).toBeGreaterThan(50);
    expect(Math.max(...refunds)).toBeLessThanOrEqual(5000);
    const orphaned = quick.filter((each) => paymentSends(each).some(({ key }) => key !== each.subject));
    expect(orphaned.length / quick.length).toBeCloseTo(0.5, 1);
    for (const each of orphaned)
      for (const { key } of paymentSends(each))
        for (const count of [2, 3, 4, 8, 16, 32]) expect(partitionForKey(key, count)).toBe(partitionForKey(each.subject, count));
  });

  test('of the legacy shop are its documents, and say the same', () => {
    const legacy = [...bookings(worst)].filter(({ source }) => source === 'legacy');
    expect(legacy.length).toBeGreaterThan(100);
    for (const each of legacy) {
      const told = new Map(paymentsFor(each).map((event) => [event.id, event]));
      for (const event of readable(paymentSends(each))) {
        const same = told.get(event.id);
        if (!same || event.type !== 'payment.processed') continue;
        const { kind, amountMinor, currency, attempt, method } = same.data;
        expect(event).toMatchObject({
          subject: same.subject,
          runid: same.runid,
          data: { kind, amountMinor, currency, attempt, method },
        });
      }
    }
  });
});

/** What the warehouse does, said plainly: the set of events that can be read, and a state from each booking's share of it. */
const fold = (of: RunSpec, asOf = Infinity) => {
  const placed = new Map<string, BookingPlaced>();
  const paid = new Map<string, PaymentProcessed>();
  const refused: string[] = [];
  const take = (send: Send) => {
    for (const reading of read(send)) {
      if (!reading.ok) refused.push(reading.reason);
      else if (reading.at > send.at + 86_400_000) refused.push('clock-skew');
      else if (reading.event.type === 'booking.placed') {
        placed.set(reading.event.subject, reading.event);
        for (const payment of paymentSends(reading.event)) if (payment.at <= asOf) take(payment);
      } else if (reading.event.type === 'payment.processed') paid.set(reading.event.id, reading.event);
    }
  };
  for (const send of bookingSends(of)) take(send);
  const bySubject = Map.groupBy(paid.values(), ({ subject }) => subject);
  const folded = [...placed.values()].map(({ subject, data }) => {
    const payments = bySubject.get(subject) ?? [];
    const sum = (kind: string) => total(payments.filter((each) => each.data.kind === kind).map((each) => each.data.amountMinor));
    const captures = payments.filter((each) => each.data.kind === 'captured');
    const settled = captures.some(({ time }) => time <= data.holdExpiresAt) ? 'captured' : 'captured-late';
    const back = sum('refunded') >= sum('captured') ? 'refunded' : 'partially-refunded';
    const tried = payments.some((each) => each.data.kind === 'declined') ? 'declined' : 'none';
    return {
      bookingId: subject,
      status: captures.length === 0 ? tried : sum('refunded') > 0 ? back : settled,
      overpaid: sum('captured') > data.totalMinor,
      showId: data.showId,
      channel: data.channel,
      currency: data.currency,
      totalMinor: data.totalMinor,
      capturedMinor: sum('captured'),
      refundedMinor: sum('refunded'),
      seats: data.items.length,
      payments: payments
        .toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time))
        .map(({ id, data: { kind, amountMinor } }) => ({ paymentId: id, kind, amountMinor })),
    };
  });
  const orphaned = [...paid.values()].filter(({ subject }) => !placed.has(subject));
  const count = (reason: string) => refused.filter((each) => each === reason).length;
  return { folded, orphaned, refused: Object.fromEntries([...new Set(refused)].map((reason) => [reason, count(reason)])) };
};

const asTruth = ({ id, subject, data: { kind, amountMinor, currency } }: PaymentProcessed) => ({
  bookingId: subject,
  paymentId: id,
  kind,
  amountMinor,
  currency,
});

describe('the truth', () => {
  test.for([
    { name: 'a day', of: day },
    { name: 'a live run', of: live },
    { name: 'everything that can go wrong', of: worst },
    { name: 'a sale', of: spec({ ...period, bookings: 2000, profile: 'on-sale' }) },
  ])('of $name is what a plain fold of everything published comes to', ({ of }) => {
    const { bookings: all, orphans: ghosts, quarantined } = truth(of);
    const { folded, orphaned, refused } = fold(of);
    expect([...all.values()]).toEqual(folded);
    expect(quarantined).toEqual(refused);
    expect(ghosts).toEqual(orphaned.map(asTruth));
  });

  test('up to an instant has none of what comes after it', () => {
    const asOf = Date.parse('2026-03-02T00:00:00Z');
    const known = truth(worst, asOf);
    expect([...known.bookings.values()]).toEqual(fold(worst, asOf).folded);
    expect(known.counts.payments).toBeLessThan(truth(worst).counts.payments);
  });

  test('adds up: currencies, shows, channels and statuses to the bookings, and what is published to what is sent', () => {
    const { bookings: all, byCurrency, byShow, byChannel, byStatus, counts, orphans: ghosts } = truth(worst);
    expect(total(Object.values(byStatus))).toBe(all.size);
    for (const sums of [[byCurrency], Object.values(byShow), Object.values(byChannel)]) {
      const flat = sums.flatMap((each) => Object.values(each));
      expect(total(flat.map((each) => each.bookings))).toBe(all.size);
    }
    for (const [currency, sums] of Object.entries(byCurrency)) {
      const own = [...all.values()].filter((each) => each.currency === currency);
      expect(sums.capturedMinor - sums.refundedMinor).toBe(total(own.map((each) => each.capturedMinor - each.refundedMinor)));
      for (const parts of [byShow, byChannel])
        expect(total(Object.values(parts).map((each) => each[currency]?.capturedMinor ?? 0))).toBe(sums.capturedMinor);
    }
    const sends = [...placedSends(worst)];
    expect(counts.published.bookings).toBe(sends.length);
    const paid = sends.flatMap(({ booking, spoil }) => (spoil ? [] : paymentSends(booking)));
    expect(counts.published.payments).toBe(paid.length);
    expect(counts.payments).toBe(total([...all.values()].map(({ payments }) => payments.length)) + ghosts.length);
  });

  test('has some of every ending, and most paid in time', () => {
    const { byStatus, bookings: all } = truth(day);
    expect(byStatus.captured / all.size).toBeGreaterThan(0.85);
    for (const status of ['none', 'captured-late', 'declined', 'partially-refunded', 'refunded'] as const)
      expect(byStatus[status], status).toBeGreaterThan(0);
    expect(truth(worst).overpaid).toBeGreaterThan(0);
    expect(truth(worst).orphans.length).toBeGreaterThan(0);
  });

  test('of a calm day is that everybody paid in time or was declined', () => {
    const { byStatus, quarantined, counts, overpaid } = truth(spec({ ...day, profile: 'calm' }));
    expect(byStatus).toMatchObject({ none: 0, 'captured-late': 0, refunded: 0, 'partially-refunded': 0 });
    expect([quarantined, overpaid, counts.published.bookings]).toEqual([{}, 0, 3000]);
  });
});

test('orphans are payments in event-time order, each of a booking of its own that nobody has', () => {
  const of = specOf({ seed: 3, packing: 1, from: period.from, to: period.to, bookings: 500 }, now);
  const all = [...orphans(of)];
  expect(new Set(all.map(({ subject }) => subject)).size).toBe(500);
  expect(all.map(({ time }) => time)).toEqual(all.map(({ time }) => time).toSorted());
  for (const event of all) expect(read({ at: 0, key: '', content: event, repeat: false })).toMatchObject([{ ok: true, event }]);
});

describe('a spec', () => {
  const backfill = { seed: 7, ...period, bookings: 10 };
  const steady = { seed: 7, rate: 5, durationS: 10 };
  test.for([
    { name: 'a period that ends before it starts', of: { ...backfill, to: '2026-02-01T00:00:00Z' }, at: ['to'] },
    { name: 'a period of years', of: { ...backfill, to: '2028-03-01T00:00:00Z' }, at: ['to'] },
    { name: 'a date that is none', of: { ...backfill, from: 'yesterday' }, at: ['from'] },
    { name: 'a negative rate', of: { ...steady, rate: -1 }, at: ['rate'] },
    { name: 'more duplicates than events', of: { ...steady, faults: { duplicates: 1.1 } }, at: ['duplicates'] },
    { name: 'more spoiled than events', of: { ...steady, faults: { malformed: 0.6, inconsistent: 0.6 } }, at: ['faults'] },
    { name: 'a fault that is none', of: { ...steady, faults: { gremlins: 1 } }, at: ['gremlins'] },
    { name: 'a total and a rate', of: { ...backfill, rate: 5 }, at: ['rate'] },
    { name: 'a total and a duration', of: { ...steady, bookings: 5 }, at: ['durationS'] },
    { name: 'stages and a rate', of: { ...steady, stages: [{ rate: 1, durationS: 1 }] }, at: ['rate', 'durationS'] },
    { name: 'stages that never send', of: { seed: 1, stages: [{ rate: 0, durationS: 1 }] }, at: ['stages'] },
    {
      name: 'stages of years',
      of: { seed: 1, stages: Array.from({ length: 13 }, () => ({ rate: 1, durationS: 2_600_000 })) },
      at: ['stages'],
    },
    { name: 'nothing but a seed', of: { seed: 1 }, at: ['stages'] },
    { name: 'an end and no start', of: { seed: 1, to: period.to }, at: ['from', 'bookings'] },
    { name: 'a mix of nothing', of: { ...steady, versions: { 1: 0 } }, at: ['versions'] },
    { name: 'a version that is none', of: { ...steady, versions: { 4: 1 } }, at: ['4'] },
    { name: 'a packing beyond the limit', of: { ...steady, packing: 101 }, at: ['packing'] },
    {
      name: 'several faults',
      of: { seed: 'x', bookings: 0, from: period.from, to: period.from, rate: 1 },
      at: ['seed', 'bookings', 'to', 'rate'],
    },
  ])('with $name is refused, naming it', ({ of, at }) => {
    const { error } = runRequest.safeParse(of);
    for (const each of at) expect(JSON.stringify(error?.issues)).toContain(each);
    expect(error?.issues.length).toBeGreaterThanOrEqual(at.length === 1 ? 1 : at.length);
  });

  test('for a live run without a start starts when it is asked for', () => {
    expect(specOf(runRequest.parse(steady), now).from).toBe('2026-03-01T00:00:00.000Z');
  });
});
