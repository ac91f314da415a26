import { readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bookingPaymentJoined,
  bookingPlaced,
  eventQuarantined,
  joinProgress,
  packEvents,
  paymentProcessed,
  readMessage,
  streamTick,
  writeEvent,
} from './index.ts';

const contracts = [bookingPlaced, paymentProcessed, bookingPaymentJoined, joinProgress, streamTick, eventQuarantined] as const;
const fixtures = new URL('../fixtures/', import.meta.url);
const fixture = (name: string): Buffer => readFileSync(new URL(name, fixtures));
const parsed = (name: string): Record<string, unknown> & { data: Record<string, unknown> } =>
  JSON.parse(fixture(name).toString());
const read = (value: unknown) => readMessage(Buffer.from(JSON.stringify(value)), contracts);

describe('reading', () => {
  test.for(readdirSync(fixtures))('%s reads as the newest version of its contract', (name) => {
    const [reading] = readMessage(fixture(name), contracts);
    expect(reading).toMatchObject({ ok: true, index: 0 });
    if (!reading?.ok) return;
    const newest = contracts.find(({ type }) => type === reading.event.type)?.newest;
    expect(reading.event.dataschema).toBe(`urn:boxoffice:${reading.event.type}:${newest}`);
    const document = parsed(name);
    const written = document['time'] ?? document['booking_time'] ?? document['payment_time'];
    // The legacy shop wrote UTC without saying so.
    expect(reading.at).toBe(Date.parse(String(written).replace(/[\d:]{8}$/, '$&Z')));
  });

  test.for(readdirSync(fixtures))('%s, read and written and read again, is the same', (name) => {
    const [once] = readMessage(fixture(name), contracts);
    if (!once?.ok) throw new Error(name);
    const [twice] = readMessage(writeEvent(once.event).body, contracts);
    expect(twice).toMatchObject({ ok: true, event: once.event, at: once.at });
  });

  test('v2 is lifted to v3 with the money, the seats and a hold of 15 minutes', () => {
    const [reading] = readMessage(fixture('booking-placed.v2.json'), [bookingPlaced]);
    expect(reading).toMatchObject({
      ok: true,
      version: 2,
      event: {
        time: '2026-03-01T18:30:00.000Z',
        data: {
          channel: 'app',
          currency: 'EUR',
          totalMinor: 9100,
          holdExpiresAt: '2026-03-01T18:45:00.000Z',
          items: [
            { section: null, row: null, seat: 'B12', priceMinor: 4550, feeMinor: 0, discountMinor: 0 },
            { section: null, row: null, seat: 'B13', priceMinor: 4550, feeMinor: 0, discountMinor: 0 },
          ],
        },
      },
    });
  });

  test('a packed message yields each event in order, and one bad element is refused alone', () => {
    const good = parsed('booking-placed.v3.json');
    const events = [good, { ...good, dataschema: 'urn:boxoffice:booking.placed:9' }, parsed('payment-processed.v2.json')];
    const messages = packEvents(events, { maxEvents: 10 });
    expect(messages).toHaveLength(1);
    const readings = messages.flatMap(({ body }) => readMessage(body, contracts));
    expect(readings.map((each) => [each.index, each.ok ? each.event.type : each.reason])).toEqual([
      [0, 'booking.placed'],
      [1, 'unknown-version'],
      [2, 'payment.processed'],
    ]);
    const bad = readings[1];
    expect(bad?.ok === false && JSON.parse(Buffer.from(bad.bytes).toString())).toMatchObject({ id: good['id'] });
  });

  test('a message of more than a thousand is one bad event', () => {
    const bytes = Buffer.from(JSON.stringify(Array.from({ length: 1001 }, () => 1)));
    expect(readMessage(bytes, contracts)).toMatchObject([{ ok: false, reason: 'invalid', index: 0, bytes }]);
    expect(readMessage(Buffer.from(JSON.stringify(Array.from({ length: 1000 }, () => 1))), contracts)).toHaveLength(1000);
  });

  test('packing keeps every event, in order, within its limits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 30 })),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 10, max: 60 }),
        (values, maxEvents, maxUnits) => {
          const events = values.map((value) => ({ value }));
          const messages = packEvents(events, { maxEvents, maxUnits });
          const unpacked = messages.map(({ body }): unknown => JSON.parse(Buffer.from(body).toString()));
          expect(unpacked.flat()).toEqual(events);
          for (const [index, { body }] of messages.entries()) {
            const held = [unpacked[index]].flat();
            expect(held.length).toBeLessThanOrEqual(maxEvents);
            if (held.length > 1) expect(Buffer.from(body).toString().length).toBeLessThanOrEqual(maxUnits + 2);
          }
        },
      ),
    );
  });

  const booking = parsed('booking-placed.v3.json');
  const payment = parsed('payment-processed.v2.json');
  const inData = (event: typeof booking, data: object) => ({ ...event, data: { ...event.data, ...data } });
  const items = JSON.parse(JSON.stringify(booking.data['items']));

  test.for([
    { name: 'no object', value: 5, reason: 'unknown-contract', detail: 'expected a JSON object' },
    { name: 'an empty array', value: [], reason: 'invalid', detail: 'the array is empty' },
    { name: 'no type', value: {}, reason: 'unknown-contract', detail: '/type: expected booking.placed or payment.processed' },
    { name: 'an inherited name as type', value: { type: 'toString' }, reason: 'unknown-contract', detail: '/type: expected' },
    {
      name: 'no version',
      value: { ...booking, dataschema: undefined },
      reason: 'unknown-version',
      detail: 'urn:boxoffice:booking.placed:2 or urn',
    },
    { name: 'a wrong amount', value: inData(booking, { totalMinor: 1.5 }), reason: 'invalid', detail: '/data/totalMinor: ' },
    { name: 'an unknown currency', value: inData(booking, { currency: 'XXX' }), reason: 'invalid', detail: '/data/currency: ' },
    { name: 'an unknown field', value: inData(booking, { surprise: 1 }), reason: 'invalid', detail: '/data: ' },
    {
      name: 'a wrong seat',
      value: inData(booking, { items: [{ ...items[0], seat: 7 }] }),
      reason: 'invalid',
      detail: '/data/items/0/seat: ',
    },
    {
      name: 'two faults at once',
      value: { ...inData(booking, { showId: '' }), time: 'noon' },
      reason: 'invalid',
      detail: /\/time: .*\/data\/showId: /,
    },
    { name: 'a lone surrogate', value: inData(booking, { showId: '\ud800' }), reason: 'invalid', detail: '/data/showId: ' },
    {
      name: 'a year beyond 9999',
      value: { ...booking, time: '9999-12-31T23:59:59-23:00' },
      reason: 'invalid',
      detail: '/time: ',
    },
    {
      name: 'a total that does not add up',
      value: inData(booking, { totalMinor: 9101 }),
      reason: 'inconsistent',
      detail: 'add up to 9100',
    },
    {
      name: 'a seat twice',
      value: inData(booking, { items: [items[0], items[0]], totalMinor: 9600 }),
      reason: 'inconsistent',
      detail: 'the same seat',
    },
    {
      name: 'declined for no reason',
      value: inData(payment, { kind: 'declined' }),
      reason: 'inconsistent',
      detail: '/data/declineReason',
    },
  ])('$name is refused as $reason, naming the place', ({ value, reason, detail }) => {
    const [reading, ...rest] = read(value);
    expect(rest).toEqual([]);
    expect(reading).toMatchObject({ ok: false, index: 0, reason, detail: expect.stringMatching(detail) });
  });

  test('bytes that are not UTF-8, or not JSON, are malformed, and kept whole', () => {
    for (const bytes of [Buffer.from([0x22, 0xff, 0x22]), Buffer.from('{"a":'), Buffer.alloc(0)])
      expect(readMessage(bytes, contracts)).toMatchObject([{ ok: false, reason: 'malformed-json', bytes }]);
  });

  test('any bytes give an answer', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => readMessage(bytes, contracts).length > 0));
  });

  test('any JSON gives an answer for each of its elements, and so does any damage to a good event', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => read(value).length === (Array.isArray(value) ? Math.max(1, value.length) : 1)),
    );
    const paths = [...Object.keys(booking), ...Object.keys(booking.data).map((key) => `data.${key}`)];
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.oneof(fc.jsonValue(), fc.string(), fc.date().map(String)), (path, value) => {
        const [outer = '', inner] = path.split('.');
        const damaged = inner ? inData(booking, { [inner]: value }) : { ...booking, [outer]: value };
        return read(damaged).length === 1;
      }),
    );
  });
});
