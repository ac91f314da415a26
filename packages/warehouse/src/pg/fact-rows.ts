import type { Origin } from '@boxoffice/schemas';
import type { BookingFact, PaymentFact } from '../batch-facts.ts';
import { dimensionKey } from '../content-hash.ts';

const dateKey = (instant: string): number => Number(instant.slice(0, 10).replaceAll('-', ''));

const originColumns = ({ hub, partition, sequenceNumber, index, enqueuedAt }: Origin) => ({
  origin_hub: hub,
  origin_partition: partition,
  origin_sequence: sequenceNumber,
  origin_index: index,
  enqueued_at: enqueuedAt,
});

const keys = new Map<string, string>();
/** Shows and channels are few; customers are not, and are hashed each time. */
const fewKey = (naturalKey: string): string => {
  let key = keys.get(naturalKey);
  if (key !== undefined) return key;
  key = dimensionKey(naturalKey);
  if (keys.size >= 10_000) keys.clear();
  keys.set(naturalKey, key);
  return key;
};

/** A row of `fact_booking`, but for its fold. */
export const bookingRow = ({ bookingId, booking, contentHash, onTime }: BookingFact, joinedPartition: number) => {
  const { event, origin } = booking;
  const { items, ...data } = event.data;
  return {
    booking_id: bookingId,
    event_id: event.id,
    source: event.source,
    content_hash: contentHash,
    placed_at: event.time,
    hold_expires_at: data.holdExpiresAt,
    date_key: dateKey(event.time),
    show_key: fewKey(data.showId),
    customer_key: dimensionKey(data.customerKey),
    channel_key: fewKey(data.channel),
    currency: data.currency,
    seats: items.length,
    price_minor: items.reduce((sum, item) => sum + item.priceMinor, 0),
    fee_minor: items.reduce((sum, item) => sum + item.feeMinor, 0),
    discount_minor: items.reduce((sum, item) => sum + item.discountMinor, 0),
    total_minor: data.totalMinor,
    run_id: event.runid ?? null,
    scenario: event.scenario ?? null,
    joined_partition: joinedPartition,
    on_time: onTime,
    ...originColumns(origin),
  };
};

/** The rows of `fact_booking_seat`, in the order of the booking's line items. */
export const seatRows = ({ bookingId, booking }: BookingFact) =>
  booking.event.data.items.map((item, index) => ({
    booking_id: bookingId,
    seat_index: index,
    section: item.section,
    seat_row: item.row,
    seat: item.seat,
    price_minor: item.priceMinor,
    fee_minor: item.feeMinor,
    discount_minor: item.discountMinor,
  }));

/** A row of `fact_payment`. */
export const paymentRow = ({ bookingId, payment, contentHash, onTime }: PaymentFact, joinedPartition: number) => {
  const { event, origin } = payment;
  return {
    booking_id: bookingId,
    payment_id: event.id,
    source: event.source,
    content_hash: contentHash,
    processed_at: event.time,
    date_key: dateKey(event.time),
    kind: event.data.kind,
    attempt: event.data.attempt,
    method: event.data.method,
    decline_reason: event.data.declineReason,
    amount_minor: event.data.amountMinor,
    currency: event.data.currency,
    run_id: event.runid ?? null,
    scenario: event.scenario ?? null,
    joined_partition: joinedPartition,
    on_time: onTime,
    ...originColumns(origin),
  };
};
