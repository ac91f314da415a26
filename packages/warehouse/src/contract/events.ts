import { joinedEvent, progressEvent, quarantinedEvent } from '@boxoffice/schemas';
import type {
  BookingPaymentJoined,
  EventQuarantined,
  JoinProgress,
  Show,
  SourcedBooking,
  SourcedPayment,
} from '@boxoffice/schemas';

/** Minutes after the start of the samples' day, as an instant. */
export const at = (minutes: number): string => new Date(Date.parse('2026-03-01T12:00:00.000Z') + minutes * 60_000).toISOString();

const origin = (hub: string, partition: number, sequenceNumber: number, minutes: number) => ({
  hub,
  partition,
  sequenceNumber,
  index: 0,
  enqueuedAt: at(minutes),
});

/** A booking of two seats, 100.00 in all, unless told otherwise; its seats are held for 15 minutes. */
export const sampleBooking = ({
  id = 'B1',
  placed = 0,
  held = 15,
  currency = 'EUR',
  source = 'shop/berlin',
  showId = 'show-1',
  price = 4800,
  run = 'run-1',
  partition = 0,
  sequence = 0,
}: {
  readonly id?: string;
  readonly placed?: number;
  readonly held?: number;
  readonly currency?: string;
  readonly source?: string;
  readonly showId?: string;
  readonly price?: number;
  readonly run?: string;
  readonly partition?: number;
  readonly sequence?: number;
} = {}): SourcedBooking => ({
  event: {
    specversion: '1.0',
    id,
    source,
    type: 'booking.placed',
    subject: id,
    time: at(placed),
    dataschema: 'urn:boxoffice:booking.placed:3',
    runid: run,
    scenario: 'everyday:7',
    data: {
      customerKey: `customer-${id}`,
      showId,
      channel: 'web',
      currency,
      items: [
        { section: 'Stalls', row: 'B', seat: '14', priceMinor: price, feeMinor: 250, discountMinor: 0 },
        { section: null, row: null, seat: '15', priceMinor: price, feeMinor: 250, discountMinor: 100 },
      ],
      totalMinor: 2 * price + 400,
      holdExpiresAt: at(placed + held),
    },
  },
  origin: origin('bookings', partition, sequence, placed + 1),
});

/** A payment; by its kind the event is told apart from others of its booking only by its id. */
export const samplePayment = ({
  id = 'P1',
  booking = 'B1',
  kind = 'captured',
  processed = 5,
  amount = 10_000,
  currency = 'EUR',
  source = 'payments/acquirer',
  run = 'run-1',
  partition = 0,
  sequence = 0,
}: {
  readonly id?: string;
  readonly booking?: string;
  readonly kind?: 'captured' | 'declined' | 'refunded';
  readonly processed?: number;
  readonly amount?: number;
  readonly currency?: string;
  readonly source?: string;
  readonly run?: string;
  readonly partition?: number;
  readonly sequence?: number;
} = {}): SourcedPayment => ({
  event: {
    specversion: '1.0',
    id,
    source,
    type: 'payment.processed',
    subject: booking,
    time: at(processed),
    dataschema: 'urn:boxoffice:payment.processed:2',
    runid: run,
    data: {
      kind,
      attempt: 1,
      method: 'card',
      declineReason: kind === 'declined' ? 'insufficient funds' : null,
      amountMinor: amount,
      currency,
    },
  },
  origin: origin('payments', partition, sequence, processed + 1),
});

/** A show of one of a few venues, as some version of the catalogue has it. */
export const sampleShow = (showId = 'show-1', catalogueVersion = 1, title = 'Tosca'): Show => ({
  showId,
  catalogueVersion,
  title,
  category: 'opera',
  startsAt: at(10_000),
  venueId: 'venue-1',
  venueName: 'Staatsoper',
  city: 'Berlin',
  capacity: 1396,
});

const event = (bookingId: string, data: BookingPaymentJoined['data']): BookingPaymentJoined =>
  joinedEvent(bookingId, Date.parse(at(0)), data);

/** Joined events around the samples, by what they carry. */
export const opened = (booking: SourcedBooking, show: Show | null = null): BookingPaymentJoined =>
  event(booking.event.subject, { kind: 'booking-opened', booking, show });
export const matched = (booking: SourcedBooking, payment: SourcedPayment, show: Show | null = null): BookingPaymentJoined =>
  event(booking.event.subject, { kind: 'matched', booking, payment, show });
export const orphaned = (payment: SourcedPayment): BookingPaymentJoined =>
  event(payment.event.subject, { kind: 'payment-unmatched', payment, closedAt: at(30) });
export const refundRecorded = (payment: SourcedPayment): BookingPaymentJoined =>
  event(payment.event.subject, { kind: 'refund-recorded', payment });
export const lateBooking = (booking: SourcedBooking): BookingPaymentJoined =>
  event(booking.event.subject, { kind: 'late', side: 'booking', booking, lateByMs: 1, show: null });
export const latePayment = (payment: SourcedPayment): BookingPaymentJoined =>
  event(payment.event.subject, { kind: 'late', side: 'payment', payment, lateByMs: 1 });
export const released = (bookingId: string, minutes: number): BookingPaymentJoined =>
  event(bookingId, { kind: 'booking-unmatched', closedAt: at(minutes) });

/** Progress of a partition that has read as far as the ledger says. */
export const sampleProgress = (
  partition: number,
  watermark: number,
  { lost = 0, ...ledger }: Partial<JoinProgress['data']['ledger']> = {},
  waitingPayments = 0,
  epoch = 0,
) => {
  const counts = { opened: 0, payments: 0, refunds: 0, duplicate: 0, late: 0, quarantined: 0, ...ledger };
  const received = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const bookings = { readTo: counts.opened, watermark: at(watermark) };
  const payments = { readTo: counts.payments + counts.refunds, watermark: at(watermark) };
  return progressEvent(Date.parse(at(watermark)), {
    partition,
    generation: 1,
    epoch,
    watermark: at(watermark),
    inputs: { bookings, payments },
    ledger: { ...counts, received, lost },
    outputs: { matched: counts.payments, bookingUnmatched: 0, paymentUnmatched: 0 },
    waitingPayments,
  });
};

/** What could not be read, at some place of the bookings hub. */
export const sampleQuarantined = (sequenceNumber: number, detail = 'event: not JSON\0'): EventQuarantined =>
  quarantinedEvent(origin('bookings', 0, sequenceNumber, 0), {
    reason: 'malformed-json',
    detail,
    bytes: Buffer.from([0xff, 0x00, 0x7b]),
  });
