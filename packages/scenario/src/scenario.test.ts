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
  paymentSends,
  paymentsFor,
  runId,
  runRequest,
  runSpec,
  specOf,
  truth,
} from './index.ts';
import type { RunSpec } from './index.ts';
import { offers } from './catalogue.ts';

const day = runSpec.parse({ seed: 7, bookings: 3000, from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' });
const live = runSpec.parse({ seed: 7, rate: 50, durationS: 20, from: '2026-03-01T00:00:00Z', duplicates: 0.2 });
const bytes = (spec: RunSpec): string => JSON.stringify([...bookingSends(spec)].map(({ event }) => [event, paymentSends(event)]));
/** What is booked, without when. */
const content = (spec: RunSpec) => [...bookings(spec)].map(({ data }) => ({ ...data, holdExpiresAt: '' }));
const read = (event: BookingPlaced | PaymentProcessed) => readMessage(writeEvent(event).body, [bookingPlaced, paymentProcessed]);
const total = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0);

const anySpec = fc
  .record({
    seed: fc.integer(),
    bookings: fc.integer({ min: 1, max: 60 }),
    start: fc.date({ min: new Date('2000-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }),
    lengthMs: fc.integer({ min: 1, max: 5 * 86_400_000 }),
    duplicates: fc.double({ min: 0, max: 1, noNaN: true }),
    shape: fc.constantFrom('backfill', 'live'),
  })
  .map(({ seed, bookings: count, start, lengthMs, duplicates, shape }) => {
    const common = { seed, duplicates, from: start.toISOString() };
    if (shape === 'live') return runSpec.parse({ ...common, rate: count, durationS: 1 });
    return runSpec.parse({ ...common, bookings: count, to: new Date(start.getTime() + lengthMs).toISOString() });
  });

describe('a run', () => {
  test('is the same bytes for the same spec, however the instants are written', () => {
    expect(bytes(day)).toBe(bytes(runSpec.parse({ ...day, from: '2026-03-01T02:00:00+02:00' })));
  });

  test('shares no id with a run of another start, seed, size or shape', () => {
    const specs = [day, live, { ...day, from: '2026-03-01T00:00:01.000Z' }, { ...day, seed: 8 }, { ...day, bookings: 3001 }];
    const ids = specs.flatMap((spec) => [...bookings(spec)].map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(specs.map(runId)).size).toBe(specs.length);
  });

  test('books the same content in another period: only ids and times differ', () => {
    const later = runSpec.parse({ ...day, from: '2026-04-01T00:00:00Z', to: '2026-04-02T00:00:00Z' });
    expect(content(later)).toEqual(content(day));
  });

  test('has as many bookings as asked for, in order, within its period, and sends repetitions after their first', () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        const { from, to, bookings: count } = extentOf(spec);
        const sends = [...bookingSends(spec)];
        const times = sends.map(({ at }) => at);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        expect(times.every((at) => at >= from && at < to)).toBe(true);
        const first = sends.filter(({ repeat }) => !repeat).map(({ event }) => event.id);
        expect(first).toEqual([...bookings(spec)].map(({ id }) => id));
        expect(new Set(first).size).toBe(count);
        const sent = new Set<string>();
        for (const { event, repeat } of sends) {
          expect(sent.has(event.id)).toBe(repeat);
          sent.add(event.id);
        }
      }),
    );
  });

  test('has busy hours and quiet ones', () => {
    const byHour = Map.groupBy(bookings(day), ({ time }) => Number(time.slice(11, 13)));
    expect(byHour.get(19)!.length).toBeGreaterThan(5 * byHour.get(3)!.length);
  });
});

test('every event passes its reader unchanged, with money in the decimals of its currency', () => {
  for (const spec of [day, live])
    for (const booking of bookings(spec))
      for (const event of [booking, ...paymentsFor(booking)]) expect(read(event)).toMatchObject([{ ok: true, event }]);
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

  test('never leave before their booking nor later than lastPaymentDelayMs after it, whatever its hold and total', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e10 }),
        fc.integer({ min: 0, max: 10 }),
        fc.string(),
        (holdMs, totalMinor, subject) => {
          const at = Date.parse(booking!.time);
          const holdExpiresAt = new Date(at + holdMs).toISOString();
          const sends = paymentSends({ ...booking!, subject, data: { ...booking!.data, totalMinor, holdExpiresAt } });
          expect(sends.length).toBeGreaterThan(0);
          for (const send of sends) {
            expect(send.at - at).toBeLessThanOrEqual(lastPaymentDelayMs);
            expect(Date.parse(send.event.time)).toBeGreaterThanOrEqual(at);
            expect(Date.parse(send.event.time)).toBeLessThanOrEqual(send.at);
          }
        },
      ),
    );
  });

  test('are drawn for a booking from elsewhere, alike each time, and none for the scenario none', () => {
    const { id, source, type, specversion, time, dataschema, data } = booking!;
    const foreign = { id, source, type, specversion, time, dataschema, data, subject: 'x'.repeat(128) };
    expect(paymentsFor(foreign)).toEqual(paymentsFor(foreign));
    expect(paymentsFor(foreign).every((each) => each.id.length <= 128)).toBe(true);
    expect(paymentsFor({ ...foreign, scenario: 'none' })).toEqual([]);
    expect(outcomes('unheard-of:1').every((kinds) => kinds.length > 0)).toBe(true);
    expect(outcomes('everyday:1')).not.toEqual(outcomes('everyday:2'));
  });
});

/** What the warehouse does, said plainly: the set of events, and a state from each booking's share of it. */
const fold = (spec: RunSpec) => {
  const placed = new Map<string, BookingPlaced>();
  const paid = new Map<string, PaymentProcessed>();
  for (const { event } of bookingSends(spec)) {
    placed.set(event.id, event);
    for (const send of paymentSends(event)) paid.set(send.event.id, send.event);
  }
  const bySubject = Map.groupBy(paid.values(), ({ subject }) => subject);
  return [...placed.values()].map(({ subject, data }) => {
    const payments = bySubject.get(subject) ?? [];
    const sum = (kind: string) =>
      payments.filter((each) => each.data.kind === kind).reduce((minor, each) => minor + each.data.amountMinor, 0);
    const captures = payments.filter((each) => each.data.kind === 'captured');
    const settled = captures.some(({ time }) => time <= data.holdExpiresAt) ? 'captured' : 'captured-late';
    const back = sum('refunded') >= sum('captured') ? 'refunded' : 'partially-refunded';
    const status = payments.length === 0 ? 'none' : captures.length === 0 ? 'declined' : sum('refunded') > 0 ? back : settled;
    return {
      bookingId: subject,
      status,
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
};

describe('the truth', () => {
  test.for([
    { name: 'a day', spec: day },
    { name: 'a live run', spec: live },
  ])('of $name is what a plain fold of everything published comes to', ({ spec }) => {
    expect([...truth(spec).bookings.values()]).toEqual(fold(spec));
  });

  test('adds up: currencies and statuses to the bookings, and what is published to what is sent', () => {
    const { bookings: all, byCurrency, byStatus, counts } = truth(day);
    expect(total(Object.values(byStatus))).toBe(all.size);
    expect(total(Object.values(byCurrency).map((each) => each.bookings))).toBe(all.size);
    for (const [currency, sums] of Object.entries(byCurrency)) {
      const own = [...all.values()].filter((each) => each.currency === currency);
      expect(sums.capturedMinor - sums.refundedMinor).toBe(total(own.map((each) => each.capturedMinor - each.refundedMinor)));
    }
    const sends = [...bookingSends(day)];
    expect(counts.published.bookings).toBe(sends.length);
    expect(counts.published.payments).toBe(total(sends.map(({ event }) => paymentSends(event).length)));
    expect(counts.payments).toBe(total([...all.values()].map(({ payments }) => payments.length)));
  });

  test('has some of every ending, and most paid in time', () => {
    const { byStatus, bookings: all } = truth(day);
    expect(byStatus.captured / all.size).toBeGreaterThan(0.9);
    for (const status of ['captured-late', 'declined', 'partially-refunded', 'refunded'] as const)
      expect(byStatus[status], status).toBeGreaterThan(0);
  });
});

describe('a spec', () => {
  test.for([
    { name: 'a period that ends before it starts', spec: { ...day, to: '2026-02-01T00:00:00Z' }, at: 'to' },
    { name: 'a period of years', spec: { ...day, to: '2028-03-01T00:00:00Z' }, at: 'to' },
    { name: 'a date that is none', spec: { ...day, from: 'yesterday' }, at: 'from' },
    { name: 'a negative rate', spec: { ...live, rate: -1 }, at: 'rate' },
    { name: 'more duplicates than events', spec: { ...live, duplicates: 1.1 }, at: 'duplicates' },
    { name: 'a total and a rate', spec: { ...day, rate: 5 }, at: 'rate' },
  ])('with $name is refused, naming it', ({ spec, at }) => {
    const { error } = runSpec.safeParse(spec);
    expect(JSON.stringify(error?.issues)).toContain(`"${at}"`);
  });
});

describe('a request', () => {
  test('for a live run without a start starts when it is asked for', () => {
    const { from: _from, ...pace } = { ...live };
    const request = runRequest.parse(pace);
    expect(specOf(request, Date.parse(live.from))).toEqual(live);
  });

  test('that is wrong in several places has them all named', () => {
    const { error } = runRequest.safeParse({ seed: 'x', bookings: 0, from: day.from, to: day.from });
    const paths = JSON.stringify(error?.issues);
    for (const at of ['seed', 'bookings', 'to']) expect(paths).toContain(`["${at}"]`);
  });
});
