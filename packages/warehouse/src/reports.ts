/** An instant in ISO 8601, UTC, with milliseconds: `2026-03-01T18:30:00.000Z`. */
export type Instant = string;

/** A page of a list; `next` is the `after` of the page that follows, null on the last one. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next: string | null;
}

export interface PageRequest {
  /** Rows a page, 1 to 5000. */
  readonly limit: number;
  /** `next` of the page before; anything else throws InvalidCursorError. */
  readonly after?: string | null | undefined;
}

/** Bookings by the time at which they were placed: `from <= placedAt < to`. */
export interface Filter {
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  /** Only bookings and payments of this run of a producer. */
  readonly run?: string | undefined;
}

export interface SalesRequest extends Filter {
  readonly bucket: 'hour' | 'day';
  readonly by?: 'show' | 'venue' | 'city' | 'category' | 'channel' | undefined;
}

/**
 * Sales of one bucket, group and currency. A booking is sold when it was captured at least once (status captured,
 * captured-late, partially-refunded or refunded); all its figures, refunds too, count in the bucket in which it was *placed*.
 * So where every sold booking was captured exactly once in full, the sum of `netMinor` is captured minus refunded.
 */
export interface SalesRow {
  /** Start of the hour or day, UTC. */
  readonly bucket: Instant;
  /** Id of the show or venue, or the city, category or channel; null without `by`, or where the catalogue does not say. */
  readonly groupKey: string | null;
  /** The same for people: title of the show, name of the venue. */
  readonly groupLabel: string | null;
  readonly currency: string;
  readonly bookings: number;
  readonly seats: number;
  /** Prices of the seats, before fees and discounts. */
  readonly grossMinor: number;
  readonly feesMinor: number;
  readonly discountsMinor: number;
  /** gross + fees - discounts. */
  readonly totalMinor: number;
  readonly refundsMinor: number;
  /** total - refunds. */
  readonly netMinor: number;
}

/** placed = paidInTime + paidLate + declined + abandoned + pending. The other figures are counted out of these once more. */
export interface Funnel {
  readonly placed: number;
  /** The first capture came while the hold lasted, its last millisecond included; whether or not refunded since. */
  readonly paidInTime: number;
  readonly paidLate: number;
  readonly declined: number;
  /** Nothing was tried, and the watermark of the booking's partition has passed the end of its hold. */
  readonly abandoned: number;
  /** Nothing was tried yet. */
  readonly pending: number;
  readonly refunded: number;
  readonly partiallyRefunded: number;
  readonly overpaid: number;
  /** Payments by kind, by their own time, with a booking or without. */
  readonly payments: { readonly captured: number; readonly declined: number; readonly refunded: number };
}

/** What became of a booking: its folded status, where `none` is told apart into pending and abandoned as of now. */
export type BookingState =
  | 'pending'
  | 'abandoned'
  | 'declined'
  | 'captured'
  | 'captured-late'
  | 'partially-refunded'
  | 'refunded';

export const bookingStates: readonly BookingState[] = [
  'pending',
  'abandoned',
  'declined',
  'captured',
  'captured-late',
  'partially-refunded',
  'refunded',
];

export interface PaymentRow {
  readonly bookingId: string;
  readonly paymentId: string;
  readonly kind: 'captured' | 'declined' | 'refunded';
  readonly attempt: number;
  readonly method: string;
  readonly declineReason: string | null;
  readonly amountMinor: number;
  readonly currency: string;
  readonly processedAt: Instant;
  readonly enqueuedAt: Instant;
  readonly loadedAt: Instant;
}

export interface BookingRow {
  readonly bookingId: string;
  readonly state: BookingState;
  /** More was captured than the booking's total, whatever was refunded since. */
  readonly overpaid: boolean;
  readonly runId: string | null;
  readonly showId: string;
  readonly showTitle: string | null;
  readonly channel: string;
  readonly currency: string;
  readonly seatCount: number;
  readonly totalMinor: number;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  /** Captured or declined payments. */
  readonly attempts: number;
  /** Payments in another currency than the booking's: they are listed, and count in nothing. */
  readonly foreignPayments: number;
  readonly placedAt: Instant;
  readonly holdExpiresAt: Instant;
  /** The first capture. */
  readonly paidAt: Instant | null;
  /** When the joiner gave the seats free for want of a payment; null once paid. */
  readonly releasedAt: Instant | null;
  readonly enqueuedAt: Instant;
  readonly loadedAt: Instant;
  readonly payments: readonly PaymentRow[];
}

export interface SeatRow {
  readonly section: string | null;
  readonly row: string | null;
  readonly seat: string;
  readonly priceMinor: number;
  readonly feeMinor: number;
  readonly discountMinor: number;
}

export interface BookingDetail extends BookingRow {
  readonly customerHash: string;
  readonly venueName: string | null;
  readonly city: string | null;
  readonly category: string | null;
  readonly startsAt: Instant | null;
  readonly seats: readonly SeatRow[];
  /** Contents that lost against another under the id of the booking or of one of its payments. */
  readonly conflicts: number;
}

export interface PartitionProgress {
  readonly partition: number;
  /** Last sequence number of the joined hub that was loaded; null while none was. */
  readonly joinedReadTo: number | null;
  readonly joinedLoadedAt: Instant | null;
  /** The joiner's, from its last progress event; null until the partition has reported. */
  readonly watermark: Instant | null;
  readonly generation: number | null;
  readonly bookingsReadTo: number | null;
  readonly bookingsWatermark: Instant | null;
  readonly paymentsReadTo: number | null;
  readonly paymentsWatermark: Instant | null;
  /** When the joiner cut its last progress event, and when that was loaded. */
  readonly cutAt: Instant | null;
  readonly progressLoadedAt: Instant | null;
}

export interface Pipeline {
  /** The data is complete up to here: the smallest watermark of all partitions; null until each has reported one. */
  readonly completeThrough: Instant | null;
  readonly partitions: readonly PartitionProgress[];
}

/** What became of the events that the joiner read, beside what the warehouse holds of them. */
export interface LedgerFigures {
  readonly received: number;
  readonly opened: number;
  readonly payments: number;
  readonly refunds: number;
  readonly duplicate: number;
  readonly late: number;
  readonly quarantined: number;
  /** Messages that retention deleted before the joiner read them, and that somebody has given up; part of no other figure. */
  readonly lost: number;
  readonly matched: number;
  readonly bookingUnmatched: number;
  readonly paymentUnmatched: number;
  /** On-time payments that wait in the joiner for their booking: no joined event carries them yet. */
  readonly waitingPayments: number;
  readonly loadedBookings: number;
  readonly loadedPayments: number;
  readonly loadedRefunds: number;
  /** Contents that lost against another under one id: they count above as facts of the joiner, and have no row. */
  readonly conflicts: number;
  /** On-time facts of the joiner that neither the warehouse holds nor the joiner, waiting. Late ones are not in this: they may repeat older facts. */
  readonly unaccounted: number;
  /** received = opened + payments + refunds + duplicate + late + quarantined, and nothing is unaccounted for. */
  readonly addsUp: boolean;
}

export interface LedgerReport {
  readonly partitions: readonly (LedgerFigures & { readonly partition: number })[];
  readonly total: LedgerFigures;
}

export interface QuarantineRow {
  readonly id: string;
  readonly hub: string;
  readonly partition: number;
  readonly sequenceNumber: number;
  readonly index: number;
  readonly enqueuedAt: Instant;
  readonly reason: string;
  readonly detail: string;
  readonly bodyBase64: string;
  /** Length of the original; more than the body holds when that was cut. */
  readonly bodyBytes: number;
  readonly loadedAt: Instant;
}

/**
 * What the warehouse can be asked. Each report sees one state of the data (`booking` adds its seats in a second look). Amounts are whole minor
 * units and counts whole numbers; one too large to be exact in a double throws RangeError rather than lose a cent.
 */
export interface Reports {
  /** Ask for it before the report that it goes with: the report then holds at least that much. */
  completeThrough(): Promise<Instant | null>;
  /** In order of bucket, group and currency. */
  sales(request: SalesRequest): Promise<readonly SalesRow[]>;
  funnel(request: Filter): Promise<Funnel>;
  booking(bookingId: string): Promise<BookingDetail | null>;
  /** In order of id: what is there when the first page is read is on exactly one page, whatever arrives meanwhile. */
  bookings(
    request: PageRequest & { readonly run?: string | undefined; readonly state?: BookingState | undefined },
  ): Promise<Page<BookingRow>>;
  /** Payments without a booking, in order of booking and payment id. */
  orphanPayments(request: PageRequest & { readonly run?: string | undefined }): Promise<Page<PaymentRow>>;
  pipeline(): Promise<Pipeline>;
  ledger(): Promise<LedgerReport>;
  /** Newest first. */
  quarantine(request: PageRequest): Promise<Page<QuarantineRow>>;
}
