import type { BookingPlaced } from '@boxoffice/schemas';
import { offers } from './catalogue.ts';
import type { Offer } from './catalogue.ts';
import { eventTimes } from './event-times.ts';
import { hash32, mix32, oneOf, random, weighted, whole } from './random.ts';
import type { Random } from './random.ts';
import { extentOf, runId } from './run-spec.ts';
import type { RunSpec } from './run-spec.ts';

/** For how long the shops of this world hold seats. */
const holdMs = 15 * 60_000;
const customers = 120_000;

const pickOffer = weighted<Offer>([
  [offers[0], offers[0].popularity],
  ...offers.slice(1).map((offer) => [offer, offer.popularity] as const),
]);
const pickSeats = weighted([
  [2, 42],
  [1, 18],
  [4, 16],
  [3, 12],
  [5, 5],
  [6, 4],
  [7, 2],
  [8, 1],
]);
const pickChannel = weighted<BookingPlaced['data']['channel']>([
  ['web', 46],
  ['app', 34],
  ['partner', 9],
  ['box-office', 6],
  ['phone', 5],
]);
const rows = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'Q', 'R'] as const;
const discounts = [0.1, 0.15, 0.2, 0.5] as const;

const hex = (bits: number): string => bits.toString(16).padStart(8, '0');

/** Stands for the keyed hash of a customer: some of them come back, and those with low numbers more often. */
const customerKey = (draw: Random): string => {
  const customer = Math.floor(draw() ** 1.5 * customers);
  return hex(mix32(0xb0c5_0ff1, customer)) + hex(mix32(0x7ea7_3e11, customer));
};

/** Neighbouring seats of one row, with the fee of the house and now and then a discount on all of them. */
const seatsOf = (draw: Random, { sections }: Offer): BookingPlaced['data']['items'] => {
  const [section, priceMinor] = sections[Math.floor(draw() ** 1.4 * sections.length)] ?? ['Stalls', 1000];
  const row = oneOf(draw, rows);
  const first = whole(draw, 1, 32);
  const feeMinor = Math.round(priceMinor * 0.06) + 1;
  const discountMinor = draw() < 0.08 ? Math.round(priceMinor * oneOf(draw, discounts)) : 0;
  return Array.from({ length: pickSeats(draw) }, (_, index) => ({
    section,
    row,
    seat: String(first + index),
    priceMinor,
    feeMinor,
    discountMinor,
  }));
};

/** The booking with index `index` of a run; its id is made of the run's id and the index. */
const bookingAt = (run: string, scenario: string, index: number, at: number, draw: Random): BookingPlaced => {
  const offer = pickOffer(draw);
  const items = seatsOf(draw, offer);
  let totalMinor = 0;
  for (const { priceMinor, feeMinor, discountMinor } of items) totalMinor += priceMinor + feeMinor - discountMinor;
  const id = `${run}-${String(index).padStart(7, '0')}`;
  return {
    specversion: '1.0',
    id,
    source: 'boxoffice/booking-producer',
    type: 'booking.placed',
    subject: id,
    time: new Date(at).toISOString(),
    datacontenttype: 'application/json',
    dataschema: 'urn:boxoffice:booking.placed:3',
    runid: run,
    scenario,
    data: {
      customerKey: customerKey(draw),
      showId: offer.show.showId,
      channel: pickChannel(draw),
      currency: offer.currency,
      totalMinor,
      items,
      holdExpiresAt: new Date(at + holdMs).toISOString(),
    },
  };
};

/** The distinct bookings of a run with their event times (ms), which never go back. What is booked follows from seed and index alone. */
export function* placements(spec: RunSpec): Generator<{ readonly at: number; readonly event: BookingPlaced }> {
  const run = runId(spec);
  const scenario = `${spec.profile}:${spec.seed}`;
  const seed = hash32(scenario);
  const { bookings: count } = extentOf(spec);
  const timeOf = eventTimes(spec);
  for (let index = 0; index < count; index++) {
    const draw = random(mix32(seed, index));
    const at = timeOf((index + draw()) / count);
    yield { at, event: bookingAt(run, scenario, index, at, draw) };
  }
}

/** The distinct bookings of a run, in event-time order, in constant memory. */
export function* bookings(spec: RunSpec): Generator<BookingPlaced> {
  for (const { event } of placements(spec)) yield event;
}
