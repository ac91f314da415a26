import fc from 'fast-check';
import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  bookingPaymentJoined,
  bookingPlaced,
  bookingPlacedWith,
  createPseudonym,
  decimalsOf,
  eventQuarantined,
  joinProgress,
  paymentProcessed,
  readMessage,
  streamTick,
  writeEvent,
} from './index.ts';
import type { Reading } from './index.ts';
import { currencies, currency, minor } from './money.ts';
import { euros, legacyId, legacyTime } from './legacy.ts';
import { standardCheck } from './standard.ts';
import { identifier, instant, msOf, text } from './text.ts';

const inputs = [bookingPlaced, paymentProcessed, streamTick] as const;
const all = [...inputs, bookingPaymentJoined, joinProgress, eventQuarantined] as const;
const read = (value: unknown) => readMessage(Buffer.from(JSON.stringify(value)), inputs);
const only = <Event>(readings: readonly Reading<Event>[]): Reading<Event> & { readonly ok: true } => {
  const [reading] = readings;
  if (readings.length !== 1 || !reading?.ok) throw new Error(JSON.stringify(readings));
  return reading;
};

const anInstant = fc.date({ min: new Date(0), max: new Date('8999-12-31T23:00:00Z'), noInvalidDate: true });
const anId = fc.stringMatching(/^[!-~]{1,30}$/);
const someWords = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 ]{0,20}$/),
  fc.constantFrom(' Ä12 ', 'A\u030a', 'Théâtre', '\u00a0x', '行1'),
);
const anAmount = fc.integer({ min: 0, max: 1_000_000_000 });
const aCurrency = fc.constantFrom(...currencies);

const envelope = <Data extends object>(type: string, version: number, at: Date, id: string, data: Data) => ({
  specversion: '1.0',
  id,
  source: 'shop',
  type,
  subject: id,
  time: at.toISOString(),
  dataschema: `urn:boxoffice:${type}:${version}`,
  data,
});
const seatsOf = <Seat extends { readonly seat: string }>(seats: readonly Seat[]) =>
  seats.map((seat, index) => ({ ...seat, seat: `${seat.seat}${index}` }));
const bookingV2 = fc
  .record({
    at: anInstant,
    id: anId,
    currency: aCurrency,
    seats: fc.array(fc.record({ seat: someWords, priceMinor: anAmount }), { minLength: 1, maxLength: 8 }).map(seatsOf),
  })
  .map(({ at, id, currency: code, seats }) => {
    const totalMinor = seats.reduce((total, { priceMinor }) => total + priceMinor, 0);
    const data = { customerKey: 'c', showId: 's', channel: 'App ', currency: code.toLowerCase(), totalMinor, seats };
    return envelope('booking.placed', 2, at, id, data);
  });
const bookingV1 = fc.record({
  order_id: fc.oneof(anId, fc.nat()),
  booking_time: anInstant.map((date) => date.toISOString().replace('Z', '')),
  customer_id: fc.oneof(anId, fc.nat()),
  customer_name: fc.string(),
  event_id: anId,
  seats: fc
    .array(fc.record({ seat: someWords, cents: fc.integer({ min: 0, max: 1_000_000_000 }), spelled: fc.boolean() }), {
      minLength: 1,
      maxLength: 8,
    })
    .map(seatsOf),
});

/** A seat of version 1, its cents written as a number or as a string. */
const priced = ({ seat, cents, spelled }: { seat: string; cents: number; spelled: boolean }) => ({
  seat_number: seat,
  seat_price: spelled ? (cents / 100).toFixed(2) : cents / 100,
});

/** The payment of version 1 of an amount. */
const paid = (amount: unknown) => {
  const document = { payment_id: 'p', order_id: 'o', payment_time: '2026-03-01T10:00:00Z', amount };
  return readMessage(Buffer.from(JSON.stringify({ ...document, payment_method: 'PayPal', payment_status: 'Failed' })), inputs);
};

describe('reading', () => {
  test('gives an answer for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const reading of readMessage(bytes, all)) if (!reading.ok) expect(reading.detail).not.toBe('');
        expect(readMessage(bytes, all).length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  test('gives an answer for any JSON, one for each element', () => {
    const known = fc.constantFrom(...all.flatMap(({ readers }) => [...readers.keys()]));
    const types = fc.constantFrom(...all.map(({ type }) => type));
    const half = fc
      .record({ type: types, dataschema: known, specversion: fc.constant('1.0'), data: fc.jsonValue() }, { requiredKeys: [] })
      .chain((some) => fc.dictionary(fc.string(), fc.jsonValue()).map((more) => ({ ...more, ...some })));
    fc.assert(
      fc.property(fc.array(fc.oneof(half, fc.jsonValue()), { maxLength: 4 }), (values) => {
        const readings = readMessage(Buffer.from(JSON.stringify(values)), all);
        expect(readings.map(({ index }) => index)).toEqual(values.length === 0 ? [0] : values.map((_, index) => index));
      }),
      { numRuns: 500 },
    );
  });

  test('says the same of what it has read, once it is written again', () => {
    fc.assert(
      fc.property(bookingV2, (document) => {
        const once = only(read(document));
        const twice = only(readMessage(writeEvent(once.event).body, inputs));
        expect(twice.event).toEqual(once.event);
        expect(twice.at).toBe(once.at);
        expect(twice.version).toBe(bookingPlaced.newest);
      }),
    );
  });
});

describe('money', () => {
  test('of version 2 is kept to the minor unit in every currency, whatever its decimals', () => {
    expect(new Set(currencies.map(decimalsOf))).toEqual(new Set([0, 2, 3]));
    fc.assert(
      fc.property(bookingV2, (document) => {
        const { data } = only(readMessage(Buffer.from(JSON.stringify(document)), [bookingPlaced])).event;
        expect(data.currency).toBe(document.data.currency.toUpperCase());
        expect(data.totalMinor).toBe(document.data.totalMinor);
        expect(data.items.map(({ priceMinor }) => priceMinor)).toEqual(document.data.seats.map(({ priceMinor }) => priceMinor));
      }),
      { numRuns: 300 },
    );
  });

  test('of version 1 is kept to the cent, seat by seat and in sum', () => {
    fc.assert(
      fc.property(bookingV1, (legacy) => {
        const document = { ...legacy, seats: legacy.seats.map(priced) };
        const { event, at } = only(readMessage(Buffer.from(JSON.stringify(document)), [bookingPlaced]));
        expect(event.data.items.map(({ priceMinor }) => priceMinor)).toEqual(legacy.seats.map(({ cents }) => cents));
        expect(event.data.totalMinor).toBe(legacy.seats.reduce((total, { cents }) => total + cents, 0));
        expect(event.data.currency).toBe('EUR');
        expect([event.id, event.subject, event.source]).toEqual([String(legacy.order_id), String(legacy.order_id), 'legacy']);
        expect(at).toBe(Date.parse(`${legacy.booking_time}Z`));
        // It is a version 3 by every rule of version 3.
        expect(only(readMessage(writeEvent(event).body, [bookingPlaced])).event).toEqual(event);
      }),
      { numRuns: 300 },
    );
  });

  test('that was added up in floating point is taken for the cents it means, and a third decimal is refused', () => {
    expect(paid(0.1 + 0.2)).toMatchObject([
      { ok: true, event: { data: { amountMinor: 30, kind: 'declined', method: 'paypal' } } },
    ]);
    expect(paid(1.005)).toMatchObject([{ ok: false, reason: 'invalid', faults: [{ pointer: '/amount' }] }]);
    expect(paid(-1)).toMatchObject([{ ok: false, reason: 'invalid' }]);
    expect(paid('12.345')).toMatchObject([{ ok: false, reason: 'invalid' }]);
  });
});

describe('a legacy booking', () => {
  const document = {
    order_id: 'L1',
    booking_time: '2026-03-01T10:00:00Z',
    customer_id: 7,
    customer_name: 'Ada Lovelace',
    customer_email: 'ada@example.org',
    event_id: 3,
    seats: [{ seat_number: 'A1', seat_price: 10 }],
  };
  const bytes = Buffer.from(JSON.stringify(document));

  test('names its customer by an HMAC whose key is a setting, and by nothing else', () => {
    const secret = 'a secret of the test';
    const { event } = only(readMessage(bytes, [bookingPlacedWith(createPseudonym(secret))]));
    expect(event.data.customerKey).toBe(createHmac('sha256', secret).update('7').digest('hex'));
    expect(JSON.stringify(event)).not.toMatch(/Ada|ada@/);
    expect(only(readMessage(bytes, [bookingPlaced])).event.data.customerKey).toBe('withheld');
  });

  test('has the key that HMAC-SHA-256 makes, whatever the secret and the id', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.array(fc.string({ unit: 'binary', maxLength: 64 })),
        (key, ids) => {
          const pseudonym = createPseudonym(key);
          for (const id of ids.map((each) => each.slice(0, 128)))
            expect(pseudonym(id)).toBe(createHmac('sha256', key).update(id).digest('hex'));
        },
      ),
    );
  });

  test.for([
    ['2026-03-01 10:00', '2026-03-01T10:00:00.000Z'],
    ['2026-03-01T10:00:00.123456', '2026-03-01T10:00:00.123Z'],
    ['2026-03-01T10:00:00+0130', '2026-03-01T08:30:00.000Z'],
    ['2024-02-29T00:00:00-01:00', '2024-02-29T01:00:00.000Z'],
  ])('placed at %s was placed at %s', ([written, expected]) => {
    expect(only(read({ ...document, booking_time: written })).event.time).toBe(expected);
  });

  test.for([
    '2026-02-30T10:00:00',
    '2026-13-01T10:00:00',
    'yesterday',
    '1969-12-31T23:59:59Z',
    '9000-01-01T00:00:00Z',
    '2026-03-01',
  ])('placed at %s is refused, naming the field', (written) => {
    const readings = read({ ...document, booking_time: written });
    expect(readings).toMatchObject([{ ok: false, reason: 'invalid', faults: [{ pointer: '/booking_time' }] }]);
  });

  test('with an envelope, or a payment without one, is told apart', () => {
    expect(read({ ...document, specversion: '1.0' })).toMatchObject([{ ok: false, reason: 'unknown-contract' }]);
    expect(read({ ...document, type: 'booking.placed', dataschema: 'urn:boxoffice:booking.placed:1' })).toMatchObject([
      { ok: false, reason: 'unknown-version' },
    ]);
    expect(readMessage(bytes, [paymentProcessed])).toMatchObject([{ ok: false, reason: 'unknown-contract' }]);
  });
});

describe('the look at what is standard already', () => {
  const strings = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 210 }),
    someWords,
    anInstant.map((date) => date.toISOString()),
    anInstant.map((date) => date.toISOString().replace(/^\d{4}-\d\d-\d\d/, '2026-02-30')),
    aCurrency,
    fc.constantFrom('EUR', 'eur', ' x', 'x ', 'x y', '12.50', '12.505', 'a\u0000', '\ud800', '2026-02-29T00:00:00.000Z'),
    fc.stringMatching(/^ ?[!-~]{0,200} ?$/),
  );
  const values = fc.oneof(strings, fc.double(), fc.integer(), fc.constantFrom(0.3, 1e12, -0, null, 10_000_000));
  test.for([
    { name: 'an id', schema: identifier },
    { name: 'words', schema: text },
    { name: 'an instant', schema: instant },
    { name: 'a currency', schema: currency },
    { name: 'an amount', schema: minor },
    { name: 'a legacy id', schema: legacyId },
    { name: 'a legacy instant', schema: legacyTime },
    { name: 'euros', schema: euros },
  ])('accepts of $name only what parsing gives back unchanged', ({ schema }) => {
    const isStandard = standardCheck(schema);
    let accepted = 0;
    fc.assert(
      fc.property(values, (value) => {
        if (!isStandard(value)) return;
        accepted += 1;
        expect(schema.safeParse(value)).toEqual({ success: true, data: value });
      }),
      { numRuns: 2000 },
    );
    expect(accepted).toBeGreaterThan(0);
  });

  test('accepts of whole events only what parsing gives back unchanged, wherever one is damaged', () => {
    const schema = bookingPlaced.versions[2]!.schema;
    const isStandard = standardCheck(schema);
    const paths = fc.constantFrom(
      '/id',
      '/time',
      '/data',
      '/more',
      '/data/items',
      '/data/more',
      '/data/items/0',
      '/data/items/0/seat',
      '/data/totalMinor',
      '/runid',
    );
    fc.assert(
      fc.property(bookingV2, paths, fc.option(fc.oneof(values, fc.jsonValue()), { nil: undefined }), (document, path, value) => {
        const event = structuredClone(only(readMessage(Buffer.from(JSON.stringify(document)), [bookingPlaced])).event);
        expect(isStandard(event)).toBe(true);
        const steps = path.split('/').slice(1);
        let parent: object = event;
        for (const step of steps.slice(0, -1)) parent = Reflect.get(parent, step);
        Reflect.set(parent, steps.at(-1)!, value);
        const damaged: unknown = JSON.parse(JSON.stringify(event));
        if (isStandard(damaged)) expect(schema.safeParse(damaged)).toEqual({ success: true, data: damaged });
      }),
      { numRuns: 1000 },
    );
  });

  test('tells the time as Date.parse does', () => {
    fc.assert(
      fc.property(anInstant, (date) => {
        expect(msOf(date.toISOString())).toBe(date.getTime());
      }),
    );
  });
});
