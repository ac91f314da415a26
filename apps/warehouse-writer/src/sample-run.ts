import { joinedEvent, packEvents, progressEvent, quarantinedEvent, writeEvent } from '@boxoffice/schemas';
import type { BookingPaymentJoined, MessageBody, SourcedBooking, SourcedPayment } from '@boxoffice/schemas';

const start = Date.parse('2026-03-01T12:00:00.000Z');
const at = (seconds: number): string => new Date(start + seconds * 1000).toISOString();

const booking = (n: number, partition: number): SourcedBooking => ({
  event: {
    specversion: '1.0',
    id: `B-${partition}-${n}`,
    source: 'shop/berlin',
    type: 'booking.placed',
    subject: `B-${partition}-${n}`,
    time: at(n),
    dataschema: 'urn:boxoffice:booking.placed:3',
    runid: 'run-1',
    data: {
      customerKey: `customer-${n % 7}`,
      showId: `show-${n % 3}`,
      channel: 'web',
      currency: 'EUR',
      items: [{ section: null, row: null, seat: String(n), priceMinor: 1000 + n, feeMinor: 0, discountMinor: 0 }],
      totalMinor: 1000 + n,
      holdExpiresAt: at(n + 900),
    },
  },
  origin: { hub: 'bookings', partition, sequenceNumber: n, index: 0, enqueuedAt: at(n + 1) },
});

const payment = (n: number, partition: number): SourcedPayment => ({
  event: {
    specversion: '1.0',
    id: `P-${partition}-${n}`,
    source: 'payments/acquirer',
    type: 'payment.processed',
    subject: `B-${partition}-${n}`,
    time: at(n + 60),
    dataschema: 'urn:boxoffice:payment.processed:2',
    runid: 'run-1',
    data: {
      kind: 'captured',
      attempt: 1,
      method: 'card',
      declineReason: null,
      amountMinor: 1000 + n,
      currency: 'EUR',
    },
  },
  origin: { hub: 'payments', partition, sequenceNumber: n, index: 0, enqueuedAt: at(n + 61) },
});

/** Joined events of `bookings` bookings of a partition, every other one paid, and the messages that carry them, three in each. */
export const sampleRun = (partition: number, bookings: number) => {
  const events: BookingPaymentJoined[] = [];
  for (let n = 0; n < bookings; n++) {
    const placed = booking(n, partition);
    const id = placed.event.subject;
    events.push(joinedEvent(id, start, { kind: 'booking-opened', booking: placed, show: null }));
    if (n % 2 === 0)
      events.push(joinedEvent(id, start, { kind: 'matched', booking: placed, payment: payment(n, partition), show: null }));
  }
  const messages = packEvents(events, { maxEvents: 3 });
  const paid = Math.ceil(bookings / 2);
  const side = (readTo: number) => ({ readTo, watermark: at(bookings) });
  messages.push(
    writeEvent(
      progressEvent(start, {
        partition,
        generation: 1,
        epoch: 0,
        watermark: at(bookings),
        inputs: { bookings: side(bookings), payments: side(paid) },
        ledger: {
          received: bookings + paid,
          opened: bookings,
          payments: paid,
          refunds: 0,
          duplicate: 0,
          late: 0,
          quarantined: 0,
          lost: 0,
        },
        outputs: { matched: paid, bookingUnmatched: 0, paymentUnmatched: 0 },
        waitingPayments: 0,
      }),
    ),
  );
  return { events: events.length, messages };
};

/** A message of three events, of which the middle one has a text that no PostgreSQL can hold. */
export const messageWithOneRefused = (partition: number): MessageBody[] => {
  const opened = (n: number, hub = 'bookings'): BookingPaymentJoined => {
    const placed = booking(n, partition);
    const moved = { ...placed, origin: { ...placed.origin, hub } };
    return joinedEvent(moved.event.subject, start, { kind: 'booking-opened', booking: moved, show: null });
  };
  // The contract takes any name of a hub, and PostgreSQL no text with this in it.
  return packEvents([opened(501), opened(502, '\u0000'), opened(503)], { maxEvents: 3 });
};

/** What the joiner says of a message of the bookings hub that it could not read. */
export const quarantinedMessage = (sequenceNumber: number): MessageBody =>
  writeEvent(
    quarantinedEvent(
      { hub: 'bookings', partition: 0, sequenceNumber, index: 0, enqueuedAt: at(0) },
      { reason: 'malformed-json', detail: 'event: no JSON', bytes: Buffer.from('{') },
    ),
  );
