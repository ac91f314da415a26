import type { BookingPlaced, PaymentProcessed } from '@boxoffice/schemas';

/** The versions of `booking.placed`. */
export type BookingVersion = 1 | 2 | 3;

const euros = (minor: number): number => minor / 100;

type Extensions = Pick<BookingPlaced, 'traceparent' | 'runid' | 'scenario'>;

/** The extension attributes of an event, for another that is made of it. */
export const extensionsOf = ({ traceparent, runid, scenario }: Extensions) => ({
  ...(traceparent !== undefined && { traceparent }),
  ...(runid !== undefined && { runid }),
  ...(scenario !== undefined && { scenario }),
});

/** A booking that has nothing version 2 could not say: no sections, rows, fees and discounts. */
const asVersion2 = ({ data, ...event }: BookingPlaced): object => {
  const { customerKey, showId, channel, currency, totalMinor, items } = data;
  const seats = items.map(({ seat, priceMinor }) => ({ seat, priceMinor }));
  return {
    ...event,
    dataschema: 'urn:boxoffice:booking.placed:2',
    data: { customerKey, showId, channel, currency, totalMinor, seats },
  };
};

/** The document of the legacy shop for a booking that came from there. */
const asVersion1 = (booking: BookingPlaced): object => {
  const { customerKey, showId, items } = booking.data;
  return {
    order_id: booking.id,
    booking_time: booking.time,
    customer_id: customerKey,
    customer_name: `Customer ${customerKey.slice(0, 6)}`,
    customer_email: `${customerKey}@example.org`,
    event_id: showId,
    seats: items.map(({ seat, priceMinor }) => ({ seat_number: seat, seat_price: euros(priceMinor) })),
    ...extensionsOf(booking),
  };
};

/** A booking as a shop of this version writes it. */
export const bookingAsWritten = (booking: BookingPlaced, version: BookingVersion): object => {
  if (version === 3) return booking;
  return version === 2 ? asVersion2(booking) : asVersion1(booking);
};

/**
 * What is left of a booking when it is written in an older version and read again: one price for a seat, and in version 1 neither
 * channel nor, where nobody has the secret, the customer.
 */
export const throughVersion = (booking: BookingPlaced, version: BookingVersion): BookingPlaced => {
  if (version === 3) return booking;
  const items = booking.data.items.map(({ seat, priceMinor, feeMinor, discountMinor }) => ({
    section: null,
    row: null,
    seat,
    priceMinor: priceMinor + feeMinor - discountMinor,
    feeMinor: 0,
    discountMinor: 0,
  }));
  const { datacontenttype: _, ...event } = booking;
  if (version === 2) return { ...booking, data: { ...booking.data, items } };
  return { ...event, source: 'legacy', data: { ...booking.data, channel: 'web', items } };
};

/** Whether the legacy shop's processor could have written this payment: its first attempts in euros, and no refunds. */
const isLegacy = ({ source }: BookingPlaced, { data }: PaymentProcessed): boolean =>
  source === 'legacy' && data.kind !== 'refunded' && data.attempt === 1 && data.currency === 'EUR';

const legacyMethods: Readonly<Record<PaymentProcessed['data']['method'], string>> = {
  card: 'Credit Card',
  paypal: 'PayPal',
  'apple-pay': 'Apple Pay',
  'google-pay': 'Google Pay',
  'bank-transfer': 'Bank Transfer',
  voucher: 'Voucher',
};

/** A payment as it is written for its booking: in version 1 where a synthetic booking came from the legacy shop. */
export const paymentAsWritten = (booking: BookingPlaced, payment: PaymentProcessed): object => {
  if (booking.runid === undefined || !isLegacy(booking, payment)) return payment;
  return {
    payment_id: payment.id,
    order_id: payment.subject,
    payment_time: payment.time,
    amount: euros(payment.data.amountMinor),
    payment_method: legacyMethods[payment.data.method],
    payment_status: payment.data.kind === 'captured' ? 'Success' : 'Failed',
    ...extensionsOf(payment),
  };
};
