import { hash } from 'node:crypto';
import type { BookingPlaced, PaymentProcessed, Show } from '@boxoffice/schemas';

const digest = (fields: readonly unknown[]): string => hash('sha256', JSON.stringify(fields), 'hex').slice(0, 32);

/**
 * 128 bits over all that is stored of an event, field by field in a fixed order, so that the same content has the same hash
 * whoever wrote it. Trace context is no content.
 */
export const bookingHash = ({ id, source, time, subject, runid, scenario, data }: BookingPlaced): string =>
  digest([
    'booking',
    [id, source, time, subject, runid ?? null, scenario ?? null],
    [data.customerKey, data.showId, data.channel, data.currency, data.totalMinor, data.holdExpiresAt],
    data.items.map((item) => [item.section, item.row, item.seat, item.priceMinor, item.feeMinor, item.discountMinor]),
  ]);

/** @see bookingHash */
export const paymentHash = ({ id, source, time, subject, runid, scenario, data }: PaymentProcessed): string =>
  digest([
    'payment',
    [id, source, time, subject, runid ?? null, scenario ?? null],
    [data.kind, data.attempt, data.method, data.declineReason, data.amountMinor, data.currency],
  ]);

/** Tells two contents of one catalogue version apart, should that ever happen. */
export const showHash = (show: Show): string => digest([show.title, show.category, show.startsAt, show.venueId, show.capacity]);

/** @see showHash */
export const venueHash = (show: Show): string => digest([show.venueName, show.city]);

/** The surrogate key of a dimension's natural key: 64 bits of its SHA-256, signed, in decimal, the same in every database. */
export const dimensionKey = (naturalKey: string): string => hash('sha256', naturalKey, 'buffer').readBigInt64BE(0).toString();
