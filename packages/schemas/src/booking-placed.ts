import { z } from 'zod';
import { cloudEvent, dataschema } from './cloud-event.ts';
import { defineContract, via } from './contract.ts';
import type { Fault } from './contract.ts';
import { currency, minor } from './money.ts';
import { identifier, instant, named, text } from './text.ts';

const type = 'booking.placed';

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
  /** A keyed hash of who booked; no name or address is ever here. */
  customerKey: identifier,
  showId: identifier,
  channel,
  currency,
  totalMinor: minor,
};

const bookingPlacedV2 = cloudEvent(
  type,
  2,
  z.strictObject({
    ...placed,
    seats: z
      .array(z.strictObject({ seat: text, priceMinor: minor }))
      .min(1)
      .max(1000),
  }),
);

export const bookingPlacedV3 = cloudEvent(
  type,
  3,
  z.strictObject({
    ...placed,
    /** One line item for each seat; price + fee - discount of all of them is `totalMinor`. */
    items: z
      .array(
        z.strictObject({
          section: text.nullable(),
          row: text.nullable(),
          seat: text,
          priceMinor: minor,
          feeMinor: minor,
          discountMinor: minor,
        }),
      )
      .min(1)
      .max(1000),
    /** Until when the seats are held for the payment: paid later is paid late. */
    holdExpiresAt: instant,
  }),
);

type BookingPlacedV2 = z.infer<typeof bookingPlacedV2>;
/** A booking as everything inside Box Office sees it: the newest version, standardised and consistent. */
export type BookingPlaced = z.infer<typeof bookingPlacedV3>;

const v2ToV3 = ({ data: { seats, ...data }, ...event }: BookingPlacedV2): BookingPlaced => ({
  ...event,
  dataschema: dataschema(type, 3),
  data: {
    ...data,
    items: seats.map((seat) => ({ ...seat, section: null, row: null, feeMinor: 0, discountMinor: 0 })),
    holdExpiresAt: new Date(Date.parse(event.time) + holdBeforeV3Ms).toISOString(),
  },
});

const inconsistencies = ({ time, data: { items, totalMinor, holdExpiresAt } }: BookingPlaced): Fault[] => {
  const faults: Fault[] = [];
  const sum = items.reduce((total, item) => total + item.priceMinor + item.feeMinor - item.discountMinor, 0);
  if (sum !== totalMinor)
    faults.push({ pointer: '/data/totalMinor', message: `is ${totalMinor}, but the line items add up to ${sum}` });
  const seats = new Set(items.map((item) => JSON.stringify([item.section, item.row, item.seat])));
  if (seats.size !== items.length) faults.push({ pointer: '/data/items', message: 'the same seat is there twice' });
  for (const [index, { priceMinor, feeMinor, discountMinor }] of items.entries())
    if (discountMinor > priceMinor + feeMinor)
      faults.push({ pointer: `/data/items/${index}/discountMinor`, message: `is ${discountMinor}, above price and fee` });
  if (holdExpiresAt < time)
    faults.push({ pointer: '/data/holdExpiresAt', message: `is ${holdExpiresAt}, before the booking itself` });
  return faults;
};

/** `booking.placed`: somebody has booked seats and holds them until `holdExpiresAt`. v2 is read and upcast; v3 is written. */
export const bookingPlaced = defineContract({
  type,
  newest: 3,
  schema: bookingPlacedV3,
  older: { 2: via(bookingPlacedV2, v2ToV3) },
  inconsistencies,
});
