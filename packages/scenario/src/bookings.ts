import type { BookingPlaced } from '@boxoffice/schemas';
import { offers } from './catalogue.ts';
import type { Offer } from './catalogue.ts';
import { eventTimes, onSaleShare } from './event-times.ts';
import { drawFate } from './fates.ts';
import type { Spoil } from './fates.ts';
import { isoOf } from './instants.ts';
import { profiles } from './profiles.ts';
import { hash32, mix32, oneOf, random, weighted, whole } from './random.ts';
import type { Random } from './random.ts';
import { bookingId, extentOf, faultsOf, isBackfill, runId, versionsOf } from './run-spec.ts';
import type { RunSpec } from './run-spec.ts';
import { spoilEvent } from './spoil.ts';
import { scenarioOf } from './world.ts';
import { bookingAsWritten, throughVersion } from './written.ts';
import type { BookingVersion } from './written.ts';

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

/** What the catalogue does not have. */
const unlisted = 'show-unlisted';

/** A booking of a run, and how it is sent. */
export interface Placement {
  /** When it leaves, ms: when it was placed, or later where it is held up. */
  readonly at: number;
  /** The booking as its readers see it; or would, were it not spoiled. */
  readonly booking: BookingPlaced;
  /** What is sent. */
  readonly content: object | Uint8Array;
  readonly spoil: Spoil | undefined;
  /** How long after it left it is sent again; undefined for most, who are sent once. */
  readonly repeatAfterMs: number | undefined;
}

/** The bookings of a run, each made from the seed and its index. */
export interface Placing {
  /** Makes the booking with this index, which leaves at `at`, ms. */
  place(index: number, at: number): Placement;
  /** When they leave, ms, in ascending order. Read once. */
  readonly times: Iterable<number>;
}

const contradict = (data: object): object => ({ ...data, totalMinor: 'totalMinor' in data ? Number(data.totalMinor) + 1 : 1 });

/** The world of a run. */
export const createPlacing = (spec: RunSpec): Placing => {
  const run = runId(spec);
  const scenario = scenarioOf(spec);
  const seed = hash32(`${spec.profile}:${spec.seed}`);
  const fateSeed = mix32(seed, 0xfa7e);
  const faults = faultsOf(spec);
  const { 1: first = 0, 2: second = 0, 3: third = 0 } = versionsOf(spec);
  const weights = first + second + third;
  const { bursts } = profiles[spec.profile];
  const backfill = isBackfill(spec);
  const { bookings: count } = extentOf(spec);
  // Each sale is of another of the shows that are asked for most.
  const headliner = offers.toSorted((a, b) => b.popularity - a.popularity)[mix32(seed, 1) % 5] ?? offers[0];

  const offerAt = (draw: Random, at: number): Offer => {
    const point = draw();
    if (bursts && point < onSaleShare(at, spec, backfill)) return headliner;
    return pickOffer(draw);
  };

  const bookingAt = (index: number, at: number, draw: Random, placedAt: number): BookingPlaced => {
    const offer = offerAt(draw, at);
    const items = seatsOf(draw, offer);
    let totalMinor = 0;
    for (const { priceMinor, feeMinor, discountMinor } of items) totalMinor += priceMinor + feeMinor - discountMinor;
    const id = bookingId(run, index);
    return {
      specversion: '1.0',
      id,
      source: 'boxoffice/booking-producer',
      type: 'booking.placed',
      subject: id,
      time: isoOf(placedAt),
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
        holdExpiresAt: isoOf(placedAt + holdMs),
      },
    };
  };

  const versionFor = (point: number, { data }: BookingPlaced): BookingVersion => {
    if (point >= first + second) return 3;
    return point < first && data.currency === 'EUR' ? 1 : 2;
  };

  function* times() {
    const timeOf = eventTimes(spec);
    for (let index = 0; index < count; index++) yield timeOf((index + random(mix32(seed, index))()) / count);
  }

  return {
    times: times(),
    place(index, at) {
      const draw = random(mix32(seed, index));
      // The first number says when.
      draw();
      const chance = random(mix32(fateSeed, index));
      const { spoil, heldUpMs, repeatAfterMs } = drawFate(chance, faults);
      const made = bookingAt(index, at, draw, Math.max(0, at - heldUpMs));
      if (chance() < faults.unknownShow) made.data.showId = unlisted;
      if (spoil) return { at, booking: made, content: spoilEvent(made, spoil, contradict), spoil, repeatAfterMs };
      const version = versionFor(chance() * weights, made);
      const booking = throughVersion(made, version);
      return { at, booking, content: bookingAsWritten(booking, version), spoil, repeatAfterMs };
    },
  };
};

/** The distinct bookings of a run that can be read, as their readers see them, in the order in which they leave; in constant memory. */
export function* bookings(spec: RunSpec): Generator<BookingPlaced> {
  const { place, times } = createPlacing(spec);
  let index = 0;
  for (const at of times) {
    const { booking, spoil } = place(index++, at);
    if (!spoil) yield booking;
  }
}
