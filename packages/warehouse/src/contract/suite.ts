import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FencedError, InvalidCursorError, RefusedError, SchemaTooNewError, openWarehouse, tamper } from '../index.ts';
import type { IngestPosition, LoadBatch, LoadResult, Warehouse } from '../index.ts';
import { lookInto } from './database.ts';
import type { Database } from './database.ts';
import {
  at,
  lateBooking,
  latePayment,
  matched,
  opened,
  orphaned,
  refundRecorded,
  released,
  sampleBooking,
  samplePayment,
  sampleProgress,
  sampleQuarantined,
  sampleShow,
} from './events.ts';
import { foldCases } from './fold-cases.ts';
import { expectedOf } from './oracle.ts';

const choice = <const T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

// Few ids and few values, so that repetitions, conflicts and ties come up all the time.
const anyBooking = fc
  .record({
    id: choice('B1', 'B2'),
    placed: choice(0, 1),
    source: choice('shop/a', 'shop/é', 'shop/\u{1F39F}', 'shop/\uFFFD'),
    price: choice(4800, 100),
    sequence: fc.nat(2),
  })
  .map(sampleBooking);
const anyPayment = fc
  .record({
    id: choice('P1', 'P2', 'P3'),
    booking: choice('B1', 'B2', 'B3'),
    kind: choice('captured', 'declined', 'refunded'),
    processed: choice(5, 15, 16),
    amount: choice(10_000, 300, 0),
    currency: choice('EUR', 'EUR', 'EUR', 'USD'),
    sequence: fc.nat(2),
  })
  .map(samplePayment);
const anyShow = choice(null, sampleShow(), sampleShow('show-1', 2, 'Aida'), sampleShow('show-1', 2, 'Norma'));
const anyEvent = fc.oneof(
  fc.tuple(anyBooking, anyShow).map(([booking, show]) => opened(booking, show)),
  anyBooking.map(lateBooking),
  anyPayment.map(orphaned),
  anyPayment.map(latePayment),
  anyPayment.map(refundRecorded),
  fc
    .tuple(anyBooking, anyPayment)
    .map(([booking, { event, origin }]) => matched(booking, { event: { ...event, subject: booking.event.subject }, origin })),
  fc.tuple(choice('B1', 'B2', 'B3'), choice(16, 20)).map(([id, minutes]) => released(id, minutes)),
);

/** What every warehouse has to do, whichever database is behind it. */
export const describeWarehouse = (name: string, urlOf: () => Promise<string>): void => {
  describe(`a warehouse on ${name}`, () => {
    let url: string;
    let warehouse: Warehouse;
    let database: Database;
    let position: IngestPosition;

    beforeAll(async () => {
      url = await urlOf();
      warehouse = await openWarehouse({ warehouseUrl: url });
      await warehouse.migrate();
      database = await lookInto(url);
    });
    afterAll(async () => {
      await database?.[Symbol.asyncDispose]();
      await warehouse?.[Symbol.asyncDispose]();
    });

    const claim = async (partitions = [0]): Promise<void> => {
      const claimed = (await warehouse.loader.claim('joined', 'joined', partitions)).get(0);
      if (!claimed) throw new Error('partition 0 was not claimed');
      position = claimed;
    };
    const start = async (): Promise<void> => {
      await database.empty();
      await claim();
    };
    beforeEach(start);

    const batchOf = (content: Partial<LoadBatch>): LoadBatch => {
      const first = (position.sequenceNumber ?? -1) + 1;
      return {
        hub: 'joined',
        partition: 0,
        expected: position,
        firstSequenceNumber: first,
        lastSequenceNumber: first + 1,
        joined: [],
        progress: [],
        quarantined: [],
        ...content,
      };
    };
    const load = async (content: Partial<LoadBatch>): Promise<LoadResult> => {
      const result = await warehouse.loader.load(batchOf(content));
      ({ position } = result);
      return result;
    };

    test('migrating again changes nothing, and a newer schema is refused', async () => {
      await Promise.all([warehouse.migrate(), warehouse.migrate()]);
      expect(await warehouse.health()).toMatchObject({ ok: true });
      await database.run(`insert into migration.applied (number, name, checksum) values (9999, '9999-later.sql', '')`);
      await expect(warehouse.migrate()).rejects.toThrow(SchemaTooNewError);
      await database.run('delete from migration.applied where number = 9999');
      await warehouse.migrate();
    });

    test.for(foldCases)('fold: $name', async ({ events, state, overpaid = false, watermark }) => {
      await load({ joined: events, progress: [sampleProgress(0, watermark ?? 0)] });
      expect(await warehouse.reports.booking('B1')).toMatchObject({ state, overpaid });
      expect(await database.facts()).toEqual(expectedOf(events));
    });

    test('any order, repetition and split into batches of a set of events ends in the same tables', async () => {
      const runs = fc.array(anyEvent, { minLength: 1, maxLength: 14 }).chain((events) =>
        fc.record({
          events: fc.constant(events),
          again: fc.shuffledSubarray([...events, ...events], { minLength: 0 }),
          order: fc.shuffledSubarray(events, { minLength: events.length }),
          sizes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 }),
        }),
      );
      await fc.assert(
        fc.asyncProperty(runs, async ({ events, order, again, sizes }) => {
          await start();
          await load({ joined: events });
          const atOnce = await database.everything();
          expect(await database.facts()).toEqual(expectedOf(events));

          await start();
          const rest = [...order, ...again];
          for (let turn = 0; rest.length > 0; turn++) await load({ joined: rest.splice(0, sizes[turn % sizes.length]) });
          expect(await database.everything()).toBe(atOnce);
        }),
        { numRuns: 40 },
      );
    });

    test('a batch that is loaded again changes nothing, and says that it was known', async () => {
      const content = {
        joined: [opened(sampleBooking(), sampleShow()), matched(sampleBooking(), samplePayment()), released('B2', 20)],
        progress: [sampleProgress(0, 40, { opened: 1, payments: 1 })],
        quarantined: [sampleQuarantined(1), sampleQuarantined(1)],
      };
      expect(await load(content)).toMatchObject({ bookings: 1, payments: 1, quarantined: 1, conflicts: 0, replayed: 0 });
      const before = await database.everything();
      expect(await load(content)).toMatchObject({ bookings: 0, payments: 0, quarantined: 0, conflicts: 0, replayed: 3 });
      expect(await database.everything()).toBe(before);
    });

    test('a batch under an older claim, or from another position, is fenced and leaves nothing behind', async () => {
      const stale = position;
      await claim();
      await expect(warehouse.loader.load({ ...batchOf({}), expected: stale })).rejects.toThrow(FencedError);
      const before = position;
      await load({});
      const joined = [opened(sampleBooking())];
      await expect(warehouse.loader.load({ ...batchOf({ joined }), expected: before })).rejects.toThrow(FencedError);
      expect((await database.facts()).bookings).toEqual([]);
      expect((await warehouse.loader.positions('joined')).get(0)).toEqual(position);
    });

    test('of two loads from one position one goes in and the other is fenced', async () => {
      const batch = batchOf({ joined: [opened(sampleBooking())] });
      const outcomes = await Promise.allSettled([warehouse.loader.load(batch), warehouse.loader.load(batch)]);
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    });

    test('a row that the database refuses takes its whole batch back', async () => {
      const impossible = sampleBooking({ id: 'B2' });
      const damaged = { ...impossible, event: { ...impossible.event, time: '2026-02-30T99:00:00.000Z' } };
      await expect(load({ joined: [opened(sampleBooking()), opened(damaged)] })).rejects.toThrow(RefusedError);
      expect((await database.facts()).bookings).toEqual([]);
      expect((await warehouse.loader.positions('joined')).get(0)).toEqual(position);
    });

    test('the furthest progress stands, whichever comes last, and completeThrough waits for every partition', async () => {
      await claim([0, 1]);
      expect(await warehouse.reports.completeThrough()).toBeNull();
      await load({ progress: [sampleProgress(0, 40, { opened: 4 })] });
      await load({ progress: [sampleProgress(0, 30, { opened: 3 })] });
      expect(await warehouse.reports.completeThrough()).toBeNull();
      await load({ progress: [sampleProgress(1, 20, { opened: 1 })] });
      const { completeThrough, partitions } = await warehouse.reports.pipeline();
      expect(completeThrough).toBe(at(20));
      expect(partitions).toMatchObject([
        { partition: 0, watermark: at(40), bookingsReadTo: 4, joinedReadTo: position.sequenceNumber },
        { partition: 1, watermark: at(20), joinedReadTo: null },
      ]);
      // A hub was created anew: positions begin again, and progress with them.
      await load({ progress: [sampleProgress(1, 25, { opened: 0 }, 0, 1), sampleProgress(1, 21, { opened: 2 })] });
      expect(await warehouse.reports.completeThrough()).toBe(at(25));
    });

    test('the ledger adds up while all on-time facts are there, and says how many are not', async () => {
      const joined = [opened(sampleBooking()), matched(sampleBooking(), samplePayment())];
      await load({ joined, progress: [sampleProgress(0, 40, { opened: 1, payments: 1, duplicate: 2, late: 1, lost: 2 })] });
      expect((await warehouse.reports.ledger()).total).toMatchObject({ received: 5, lost: 2, unaccounted: 0, addsUp: true });
      const { undo } = await tamper(url, 'run-1', 'drop');
      expect((await warehouse.reports.ledger()).total).toMatchObject({ unaccounted: 1, addsUp: false });
      await undo();
      expect((await warehouse.reports.ledger()).total).toMatchObject({ unaccounted: 0, addsUp: true });
    });

    test('a payment that waits in the joiner for its booking is accounted for, and one that waits no more has to be there', async () => {
      const joined = [opened(sampleBooking())];
      await load({ joined, progress: [sampleProgress(0, 40, { opened: 1, payments: 1 }, 1)] });
      expect((await warehouse.reports.ledger()).total).toMatchObject({ waitingPayments: 1, unaccounted: 0, addsUp: true });
      await load({ progress: [sampleProgress(0, 50, { opened: 1, payments: 1, duplicate: 1 }, 0)] });
      expect((await warehouse.reports.ledger()).total).toMatchObject({ waitingPayments: 0, unaccounted: 1, addsUp: false });
    });

    test('what came late makes up for no on-time fact that is missing, and one that comes on time after all counts', async () => {
      const late = [1, 2, 3].map((n) => lateBooking(sampleBooking({ id: `late-${n}` })));
      await load({ joined: late, progress: [sampleProgress(0, 40, { opened: 1, late: 3 })] });
      expect((await warehouse.reports.ledger()).total).toMatchObject({ loadedBookings: 3, unaccounted: 1, addsUp: false });
      await load({ joined: [opened(sampleBooking({ id: 'late-2' }))] });
      expect((await warehouse.reports.ledger()).total).toMatchObject({ loadedBookings: 3, unaccounted: 0, addsUp: true });
    });

    test('sales count what was sold where it was placed, by group and currency, and net is captured minus refunded', async () => {
      const show = sampleShow();
      await load({
        joined: [
          matched(sampleBooking(), samplePayment(), show),
          refundRecorded(samplePayment({ id: 'R1', kind: 'refunded', processed: 200, amount: 4000 })),
          matched(
            sampleBooking({ id: 'B2', placed: 61, currency: 'USD' }),
            samplePayment({ id: 'P2', booking: 'B2', currency: 'USD', processed: 62 }),
            show,
          ),
          opened(sampleBooking({ id: 'B3', run: 'run-2' })),
          matched(sampleBooking({ id: 'B4', run: 'run-2' }), samplePayment({ booking: 'B4', run: 'run-2' })),
        ],
      });
      const figures = { seats: 2, grossMinor: 9600, feesMinor: 500, discountsMinor: 100, totalMinor: 10_000 };
      const tosca = { groupKey: 'show-1', groupLabel: 'Tosca', bookings: 1, ...figures };
      expect(await warehouse.reports.sales({ bucket: 'hour', by: 'show', run: 'run-1' })).toEqual([
        { bucket: at(0), currency: 'EUR', ...tosca, refundsMinor: 4000, netMinor: 6000 },
        { bucket: at(60), currency: 'USD', ...tosca, refundsMinor: 0, netMinor: 10_000 },
      ]);
      expect(await warehouse.reports.sales({ bucket: 'day', to: at(60) })).toMatchObject([
        { bucket: '2026-03-01T00:00:00.000Z', groupKey: null, groupLabel: null, bookings: 2, netMinor: 16_000 },
      ]);
      for (const [by, key] of [
        ['venue', 'venue-1'],
        ['city', 'Berlin'],
        ['category', 'opera'],
        ['channel', 'web'],
      ] as const)
        expect(await warehouse.reports.sales({ bucket: 'hour', by, from: at(60) })).toMatchObject([{ groupKey: key }]);
    });

    test('placed = in time + late + declined + abandoned + pending', async () => {
      await load({
        joined: [
          matched(sampleBooking({ id: 'B1' }), samplePayment({ booking: 'B1', processed: 15 })),
          matched(sampleBooking({ id: 'B2' }), samplePayment({ booking: 'B2', processed: 16 })),
          matched(sampleBooking({ id: 'B3' }), samplePayment({ booking: 'B3', kind: 'declined' })),
          opened(sampleBooking({ id: 'B4' })),
          opened(sampleBooking({ id: 'B5', placed: 30 })),
          refundRecorded(samplePayment({ id: 'R1', booking: 'B1', kind: 'refunded', processed: 99 })),
        ],
        progress: [sampleProgress(0, 40)],
      });
      expect(await warehouse.reports.funnel({ run: 'run-1' })).toEqual({
        placed: 5,
        paidInTime: 1,
        paidLate: 1,
        declined: 1,
        abandoned: 1,
        pending: 1,
        refunded: 1,
        partiallyRefunded: 0,
        overpaid: 0,
        payments: { captured: 2, declined: 1, refunded: 1 },
      });
      expect((await warehouse.reports.bookings({ limit: 10, state: 'abandoned' })).rows).toMatchObject([{ bookingId: 'B4' }]);
      expect(await warehouse.reports.funnel({ run: 'nobody' })).toMatchObject({ placed: 0, payments: { captured: 0 } });
    });

    test('each booking is on exactly one page although others arrive between the pages', async () => {
      const ids = ['a', 'B', 'Z', 'b', 'é', '\u{1F39F}', '\uFFFD'];
      await load({ joined: ids.map((id) => opened(sampleBooking({ id }))) });
      const seen: string[] = [];
      let after: string | null = null;
      do {
        const { rows, next } = await warehouse.reports.bookings({ limit: 2, after, run: 'run-1' });
        seen.push(...rows.map(({ bookingId }) => bookingId));
        await load({ joined: [opened(sampleBooking({ id: `A${seen.length}` }))] });
        after = next;
      } while (after !== null);
      expect(seen).toEqual(['B', 'Z', 'a', 'b', 'é', '\uFFFD', '\u{1F39F}']);
      await expect(warehouse.reports.bookings({ limit: 2, after: 'made up' })).rejects.toThrow(InvalidCursorError);
    });

    test('a booking has its seats in order, its payments by time and its show; an unknown one is null', async () => {
      const booking = sampleBooking();
      await load({
        joined: [
          matched(booking, samplePayment({ id: 'P2', processed: 9 }), sampleShow()),
          matched(booking, samplePayment({ id: 'P1', kind: 'declined' })),
        ],
      });
      expect(await warehouse.reports.booking('B1')).toMatchObject({
        showId: 'show-1',
        showTitle: 'Tosca',
        venueName: 'Staatsoper',
        customerHash: 'customer-B1',
        seats: [
          { section: 'Stalls', row: 'B', seat: '14', priceMinor: 4800, feeMinor: 250, discountMinor: 0 },
          { section: null, row: null, seat: '15', priceMinor: 4800, feeMinor: 250, discountMinor: 100 },
        ],
        payments: [
          { paymentId: 'P1', kind: 'declined', declineReason: 'insufficient funds', processedAt: at(5), enqueuedAt: at(6) },
          { paymentId: 'P2', kind: 'captured', amountMinor: 10_000 },
        ],
        placedAt: at(0),
        paidAt: at(9),
        attempts: 2,
        conflicts: 0,
      });
      expect(await warehouse.reports.booking('nobody')).toBeNull();
    });

    test('payments without a booking are listed until it comes', async () => {
      await load({ joined: [orphaned(samplePayment()), orphaned(samplePayment({ id: 'P2', run: 'run-2' }))] });
      const first = await warehouse.reports.orphanPayments({ limit: 1 });
      expect(first.rows).toMatchObject([{ bookingId: 'B1', paymentId: 'P1' }]);
      const second = await warehouse.reports.orphanPayments({ limit: 1, after: first.next });
      expect(second).toMatchObject({ rows: [{ paymentId: 'P2' }], next: null });
      await load({ joined: [lateBooking(sampleBooking())] });
      expect((await warehouse.reports.orphanPayments({ limit: 9 })).rows).toEqual([]);
      expect(await warehouse.reports.booking('B1')).toMatchObject({ state: 'captured', overpaid: true });
    });

    test('quarantined bytes come back as they were, newest first', async () => {
      await load({ quarantined: [sampleQuarantined(1)] });
      await load({ quarantined: [sampleQuarantined(2)] });
      const first = await warehouse.reports.quarantine({ limit: 1 });
      expect(first.rows).toMatchObject([{ sequenceNumber: 2, reason: 'malformed-json', bodyBase64: '/wB7', bodyBytes: 3 }]);
      const second = await warehouse.reports.quarantine({ limit: 1, after: first.next });
      expect(second).toMatchObject({ rows: [{ sequenceNumber: 1 }], next: null });
    });

    test('the catalogue keeps the highest version of each show', async () => {
      const second = sampleShow('show-2', 3, 'Norma');
      await warehouse.catalogue.seed([sampleShow(), second, sampleShow('show-1', 3, 'Tosca, new production')]);
      await warehouse.catalogue.seed([sampleShow('show-1', 2, 'Tosca, revived')]);
      expect(await warehouse.catalogue.shows()).toEqual([sampleShow('show-1', 3, 'Tosca, new production'), second]);
    });

    test.for(['drop', 'double', 'cent'] as const)(
      'a %s shows in the payments of the run, and undo leaves no trace',
      async (kind) => {
        await load({ joined: [matched(sampleBooking(), samplePayment()), opened(sampleBooking({ id: 'B2', run: 'run-2' }))] });
        const before = await database.everything();
        const { row, undo } = await tamper(url, 'run-1', kind);
        expect(row).toContain('booking B1, payment P1');
        const { rows } = await warehouse.reports.bookings({ limit: 10, run: 'run-1' });
        const amounts = { drop: [], double: [10_000, 10_000], cent: [10_001] };
        expect(rows.flatMap(({ payments }) => payments.map(({ amountMinor }) => amountMinor))).toEqual(amounts[kind]);
        await undo();
        expect(await database.everything()).toBe(before);
        await load({ joined: [matched(sampleBooking(), samplePayment())] });
        expect(await database.everything()).toBe(before);
        await expect(tamper(url, 'nobody', kind)).rejects.toThrow('no captured payment');
      },
    );

    test('a sum that is no longer exact is refused rather than rounded', async () => {
      await load({ joined: [matched(sampleBooking(), samplePayment())] });
      await database.run('update warehouse.fact_booking set price_minor = 9007199254740993');
      await expect(warehouse.reports.sales({ bucket: 'day' })).rejects.toThrow(RangeError);
    });
  });
};
