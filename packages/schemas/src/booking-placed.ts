import { z } from 'zod';
import { cloudEvent, extensions, withExtensions } from './cloud-event.ts';
import { dataschema, defineContract, firstVersion } from './contract.ts';
import type { Contract, Fault } from './contract.ts';
import { euros, legacyCurrency, legacyId, legacyInstant, legacySource, legacyTime, toCents } from './legacy.ts';
import { currency, minor } from './money.ts';
import { createPseudonym } from './pseudonym.ts';
import type { Pseudonym } from './pseudonym.ts';
import { identifier, instant, msOf, named, text, verbatim } from './text.ts';

const type = 'booking.placed';
const dataschemas = { 2: dataschema(type, 2), 3: dataschema(type, 3) };

/** Until v3 a booking did not say until when its seats were held; every shop held them for 15 minutes. */
const holdBeforeV3Ms = 15 * 60_000;

const channel = named(['web', 'app', 'phone', 'box-office', 'partner'], {
  website: 'web',
  online: 'web',
  mobile: 'app',
  'mobile-app': 'app',
  ios: 'app',
  android: 'app',
  telephone: 'phone',
  'call-center': 'phone',
  'call-centre': 'phone',
  counter: 'box-office',
  boxoffice: 'box-office',
  'walk-up': 'box-office',
  affiliate: 'partner',
  reseller: 'partner',
});

const placed = {
  customerKey: identifier.describe('A keyed hash of who booked; no name or address is ever here'),
  showId: identifier.describe('The show, by its id in the catalogue'),
  channel: channel.describe('Where it was sold; case, white space and usual synonyms are forgiven'),
  currency: currency.describe('ISO 4217 code of all money in the event'),
  totalMinor: minor.describe('What all seats cost together, in minor units of `currency`'),
};
const seatName = text.describe('Number or name of the seat');

const dropped = verbatim(0, 10_000).nullable().exactOptional();

/** The legacy shop's document: no envelope, one channel (its web site), and all money in euros with decimals. */
const bookingPlacedV1 = z.object({
  order_id: legacyId.describe('The booking'),
  booking_time: legacyTime.describe('Event time; without an offset it is UTC'),
  customer_id: legacyId.describe('Who booked; becomes a keyed hash'),
  customer_name: dropped,
  customer_email: dropped,
  event_id: legacyId.describe('The show, by its id in the catalogue'),
  event_name: dropped,
  event_location: dropped,
  event_category: dropped,
  seats: z
    .array(
      z.object({
        seat_number: z.union([text, z.int().min(0)]).describe('Number or name of the seat'),
        seat_price: euros.describe('Euros, with up to two decimals'),
      }),
    )
    .min(1)
    .max(1000)
    .describe('The seats'),
  ...extensions,
});

const bookingPlacedV2 = cloudEvent(
  type,
  2,
  z.strictObject({
    ...placed,
    seats: z
      .array(z.strictObject({ seat: seatName, priceMinor: minor.describe('Its price, in minor units') }))
      .min(1)
      .max(1000)
      .describe('The seats; their prices add up to `totalMinor`'),
  }),
);

export const bookingPlacedV3 = cloudEvent(
  type,
  3,
  z.strictObject({
    ...placed,
    items: z
      .array(
        z.strictObject({
          section: text.nullable().describe('Part of the house; null where seats have none'),
          row: text.nullable().describe('Row in the section; null where seats have none'),
          seat: seatName,
          priceMinor: minor.describe('Its price, in minor units'),
          feeMinor: minor.describe('Fee on top of the price, in minor units'),
          discountMinor: minor.describe('Taken off price and fee, in minor units'),
        }),
      )
      .min(1)
      .max(1000)
      .describe('One line item for each seat; price + fee - discount of all of them is `totalMinor`'),
    holdExpiresAt: instant.describe('Until when the seats are held for the payment, UTC: paid later is paid late'),
  }),
);

type BookingPlacedV1 = z.infer<typeof bookingPlacedV1>;
type BookingPlacedV2 = z.infer<typeof bookingPlacedV2>;
/** A booking as everything inside Box Office sees it: the newest version, standardised and consistent. */
export type BookingPlaced = z.infer<typeof bookingPlacedV3>;

// Written out field by field: copying the rest of an object takes ten times as long as naming what is in it.
const v1ToV2 =
  (pseudonym: Pseudonym) =>
  (v1: BookingPlacedV1): BookingPlacedV2 => {
    const id = String(v1.order_id);
    const seats = v1.seats.map(({ seat_number, seat_price }) => ({ seat: String(seat_number), priceMinor: toCents(seat_price) }));
    let totalMinor = 0;
    for (const { priceMinor } of seats) totalMinor += priceMinor;
    const envelope: Omit<BookingPlacedV2, 'data'> = {
      specversion: '1.0',
      id,
      source: legacySource,
      type,
      subject: id,
      time: legacyInstant(v1.booking_time) ?? v1.booking_time,
      dataschema: dataschemas[2],
    };
    const data: BookingPlacedV2['data'] = {
      customerKey: pseudonym(String(v1.customer_id)),
      showId: String(v1.event_id),
      channel: 'web',
      currency: legacyCurrency,
      totalMinor,
      seats,
    };
    return Object.assign(withExtensions(envelope, v1), { data });
  };

const v2ToV3 = (v2: BookingPlacedV2): BookingPlaced => {
  const { customerKey, showId, channel: soldOn, currency: code, totalMinor, seats } = v2.data;
  const envelope: Omit<BookingPlaced, 'data'> = {
    specversion: v2.specversion,
    id: v2.id,
    source: v2.source,
    type,
    subject: v2.subject,
    time: v2.time,
    dataschema: dataschemas[3],
  };
  if (v2.datacontenttype !== undefined) envelope.datacontenttype = v2.datacontenttype;
  const data: BookingPlaced['data'] = {
    customerKey,
    showId,
    channel: soldOn,
    currency: code,
    totalMinor,
    items: seats.map(({ seat, priceMinor }) => ({ section: null, row: null, seat, priceMinor, feeMinor: 0, discountMinor: 0 })),
    holdExpiresAt: new Date(msOf(v2.time) + holdBeforeV3Ms).toISOString(),
  };
  return Object.assign(withExtensions(envelope, v2), { data });
};

type Item = BookingPlaced['data']['items'][number];

const isSameSeat = (a: Item, b: Item): boolean => a.seat === b.seat && a.row === b.row && a.section === b.section;
/** Whether a seat is there twice. Few bookings have more than eight seats, and comparing so few is quicker than a set of them. */
const repeatsSeat = (items: readonly Item[]): boolean => {
  if (items.length <= 8) return items.some((item, index) => items.some((other, i) => i < index && isSameSeat(item, other)));
  // None of them is ever empty, nor holds a line break.
  return new Set(items.map(({ section, row, seat }) => `${section ?? ''}\n${row ?? ''}\n${seat}`)).size < items.length;
};

const inconsistencies = ({ time, data: { items, totalMinor, holdExpiresAt } }: BookingPlaced): Fault[] => {
  const faults: Fault[] = [];
  let sum = 0;
  for (const { priceMinor, feeMinor, discountMinor } of items) sum += priceMinor + feeMinor - discountMinor;
  if (sum !== totalMinor)
    faults.push({ pointer: '/data/totalMinor', message: `is ${totalMinor}, but the line items add up to ${sum}` });
  if (repeatsSeat(items)) faults.push({ pointer: '/data/items', message: 'the same seat is there twice' });
  items.forEach(({ priceMinor, feeMinor, discountMinor }, index) => {
    if (discountMinor > priceMinor + feeMinor)
      faults.push({ pointer: `/data/items/${index}/discountMinor`, message: `is ${discountMinor}, above price and fee` });
  });
  if (holdExpiresAt < time)
    faults.push({ pointer: '/data/holdExpiresAt', message: `is ${holdExpiresAt}, before the booking itself` });
  return faults;
};

/**
 * `booking.placed`: somebody has booked seats and holds them until `holdExpiresAt`. `pseudonym` makes the customer's key of
 * version 1, which names its customers.
 */
export const bookingPlacedWith = (pseudonym: Pseudonym): Contract<BookingPlaced> =>
  defineContract({
    type,
    summary: 'Somebody booked seats and holds them until `holdExpiresAt`',
    versions: firstVersion(bookingPlacedV1, { sunset: '2027-12-31' })
      .next(bookingPlacedV2, v1ToV2(pseudonym), {
        renamed: {
          '/id': '/order_id',
          '/subject': '/order_id',
          '/time': '/booking_time',
          '/data/customerKey': '/customer_id',
          '/data/showId': '/event_id',
          '/data/seats': '/seats',
          '/data/seats/*': '/seats/*',
          '/data/seats/*/seat': '/seats/*/seat_number',
          '/data/seats/*/priceMinor': '/seats/*/seat_price',
        },
        dropped: {
          '/customer_name': 'personal: nobody downstream needs to know who it was',
          '/customer_email': 'personal: nobody downstream needs to know who it was',
          '/event_name': 'the catalogue of shows has it',
          '/event_location': 'the catalogue of shows has it',
          '/event_category': 'the catalogue of shows has it',
        },
        sunset: '2028-12-31',
      })
      .next(bookingPlacedV3, v2ToV3, {
        renamed: {
          '/data/items': '/data/seats',
          '/data/items/*': '/data/seats/*',
          '/data/items/*/seat': '/data/seats/*/seat',
          '/data/items/*/priceMinor': '/data/seats/*/priceMinor',
        },
      }),
    isFlat: (value) => 'order_id' in value && !('payment_id' in value),
    inconsistencies,
  });

/** The same for readers that do not look at the customer, who is withheld in what was version 1. */
export const bookingPlaced = bookingPlacedWith(createPseudonym(undefined));
