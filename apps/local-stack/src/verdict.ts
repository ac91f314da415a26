import type { BookingTruth, OrphanTruth, Truth } from '@boxoffice/scenario';
import type { BookingRow, PaymentRow } from './services.ts';

/** What the warehouse holds of a run, read through report-api. */
export interface Found {
  readonly bookings: readonly BookingRow[];
  /** Payments of the run without a booking. */
  readonly orphans: readonly PaymentRow[];
  /** Captured less refunded by currency, as the sales report says it. */
  readonly netMinor: Readonly<Record<string, number>>;
  /** Events in quarantine, by reason. */
  readonly quarantined: Readonly<Record<string, number>>;
  readonly ledgerAddsUp: boolean;
}

interface Totals {
  readonly bookings: number;
  readonly payments: number;
  readonly joined: number;
  /** Payments without a booking. */
  readonly orphans: number;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Events in quarantine, by reason. */
  readonly quarantined: Readonly<Record<string, number>>;
}

/** Whether the warehouse is right about a run, and by what it is wrong. */
export interface Verdict {
  readonly ok: boolean;
  readonly runId: string;
  /** Distinct bookings and payments that the run published. */
  readonly bookings: number;
  readonly payments: number;
  /** Payments that the warehouse holds together with their booking. */
  readonly joined: number;
  readonly expected: Totals;
  readonly actual: Totals;
  /** Ids published and absent. */
  readonly missing: number;
  /** Rows beyond one an id. */
  readonly duplicates: number;
  readonly quarantined: number;
  /** Captured less refunded, by currency, in its minor unit. */
  readonly moneyMinor: Readonly<Record<string, { readonly expected: number; readonly actual: number }>>;
  /** What differs, row by row; the first twenty. */
  readonly differences: readonly string[];
}

const statusOf = ({ state }: BookingRow): string => (state === 'pending' || state === 'abandoned' ? 'none' : state);

const countBy = (values: Iterable<string>): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1)));
};

const sumByCurrency = (sums: Iterable<readonly [currency: string, minor: number]>): Map<string, number> => {
  const totals = new Map<string, number>();
  for (const [currency, minor] of sums) totals.set(currency, (totals.get(currency) ?? 0) + minor);
  return totals;
};

const signed = ({ kind, amount, currency }: PaymentRow): readonly [string, number] => [
  currency,
  kind === 'captured' ? amount.minor : kind === 'refunded' ? -amount.minor : 0,
];

/** Each payment of one booking against the truth; what is wrong, in words. */
const comparePayments = ({ bookingId, payments }: Pick<BookingTruth, 'bookingId' | 'payments'>, found: readonly PaymentRow[]) => {
  const differences: string[] = [];
  const rows = Map.groupBy(found, ({ paymentId }) => paymentId);
  let missing = 0;
  let duplicates = 0;
  for (const { paymentId, kind, amountMinor } of payments) {
    const row = `fact_payment ${bookingId} / ${paymentId}`;
    const [first, ...more] = rows.get(paymentId) ?? [];
    rows.delete(paymentId);
    if (!first) {
      missing++;
      differences.push(`${row}: is missing`);
    } else if (first.kind !== kind || first.amount.minor !== amountMinor)
      differences.push(`${row}: expected ${kind} ${amountMinor}, found ${first.kind} ${first.amount.minor}`);
    if (more.length > 0) {
      duplicates += more.length;
      differences.push(`${row}: is there ${more.length + 1} times`);
    }
  }
  for (const paymentId of rows.keys()) differences.push(`fact_payment ${bookingId} / ${paymentId}: was never published`);
  return { differences, missing, duplicates };
};

const compareBooking = (expected: BookingTruth, found: BookingRow): string[] => {
  const pairs: readonly (readonly [string, string | number | boolean, string | number | boolean])[] = [
    ['status', expected.status, statusOf(found)],
    ['overpaid', expected.overpaid, found.overpaid],
    ['show', expected.showId, found.showId],
    ['channel', expected.channel, found.channel],
    ['currency', expected.currency, found.currency],
    ['seats', expected.seats, found.seatCount],
    ['total', expected.totalMinor, found.total.minor],
    ['captured', expected.capturedMinor, found.captured.minor],
    ['refunded', expected.refundedMinor, found.refunded.minor],
  ];
  return pairs.flatMap(([name, want, got]) =>
    want === got ? [] : [`fact_booking ${expected.bookingId}: ${name}: expected ${want}, found ${got}`],
  );
};

/** The payments without a booking against those that were published without one. */
const compareOrphans = (expected: readonly OrphanTruth[], found: readonly PaymentRow[]) => {
  const differences: string[] = [];
  const rows = Map.groupBy(found, ({ bookingId }) => bookingId);
  let missing = 0;
  let duplicates = 0;
  for (const orphan of expected) {
    const compared = comparePayments({ bookingId: orphan.bookingId, payments: [orphan] }, rows.get(orphan.bookingId) ?? []);
    rows.delete(orphan.bookingId);
    differences.push(...compared.differences);
    missing += compared.missing;
    duplicates += compared.duplicates;
  }
  for (const { bookingId, paymentId } of [...rows.values()].flat())
    differences.push(`fact_payment ${bookingId} / ${paymentId}: has no booking`);
  return { differences, missing, duplicates };
};

/** Holds what the warehouse has of a run against the run's truth, row by row and in sum. */
export const judge = (runId: string, truth: Truth, found: Found): Verdict => {
  const differences: string[] = [];
  let missing = 0;
  let duplicates = 0;
  const rows = Map.groupBy(found.bookings, ({ bookingId }) => bookingId);
  for (const expected of truth.bookings.values()) {
    const [first, ...more] = rows.get(expected.bookingId) ?? [];
    rows.delete(expected.bookingId);
    if (!first) {
      missing += 1 + expected.payments.length;
      differences.push(`fact_booking ${expected.bookingId}: is missing`);
      continue;
    }
    if (more.length > 0) {
      duplicates += more.length;
      differences.push(`fact_booking ${expected.bookingId}: is there ${more.length + 1} times`);
    }
    differences.push(...compareBooking(expected, first));
    const payments = comparePayments(expected, first.payments);
    differences.push(...payments.differences);
    missing += payments.missing;
    duplicates += payments.duplicates;
  }
  for (const bookingId of rows.keys()) differences.push(`fact_booking ${bookingId}: was never published`);
  const orphans = compareOrphans(truth.orphans, found.orphans);
  differences.push(...orphans.differences);
  missing += orphans.missing;
  duplicates += orphans.duplicates;
  const wanted: Readonly<Record<string, number | undefined>> = truth.quarantined;
  for (const reason of new Set([...Object.keys(wanted), ...Object.keys(found.quarantined)])) {
    const want = wanted[reason] ?? 0;
    const got = found.quarantined[reason] ?? 0;
    if (want !== got) differences.push(`quarantine: ${reason}: expected ${want}, found ${got}`);
  }
  if (!found.ledgerAddsUp) differences.push('ingest_ledger: does not add up');

  const paid = found.bookings.flatMap(({ payments }) => payments);
  const actualMoney = sumByCurrency([...paid, ...found.orphans].map(signed));
  const expectedMoney = sumByCurrency([
    ...Object.entries(truth.byCurrency).map(([currency, sums]) => [currency, sums.capturedMinor - sums.refundedMinor] as const),
    ...truth.orphans.map(({ currency, amountMinor }) => [currency, amountMinor] as const),
  ]);
  const moneyMinor = Object.fromEntries(
    [...expectedMoney]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([currency, expected]) => [currency, { expected, actual: actualMoney.get(currency) ?? 0 }] as const),
  );
  for (const [currency, { expected, actual }] of Object.entries(moneyMinor))
    if (expected !== actual) differences.push(`money in ${currency}: expected ${expected}, found ${actual}`);
  // A sale is a booking that was paid, at its own total: what was paid twice, or for nothing, is money and no sale.
  const sold = [...truth.bookings.values()].filter(({ capturedMinor }) => capturedMinor > 0);
  const netMinor = sumByCurrency(
    sold.map(({ currency, totalMinor, refundedMinor }) => [currency, totalMinor - refundedMinor] as const),
  );
  for (const [currency, expected] of netMinor) {
    const net = found.netMinor[currency] ?? 0;
    if (expected !== net) differences.push(`sales report in ${currency}: expected ${expected} net, found ${net}`);
  }
  for (const currency of actualMoney.keys())
    if (!(currency in moneyMinor)) differences.push(`money in ${currency}: expected none`);

  const { bookings, payments } = truth.counts;
  const byStatus = Object.fromEntries(
    Object.entries(truth.byStatus)
      .filter(([, count]) => count > 0)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
  return {
    ok: differences.length === 0,
    runId,
    bookings,
    payments,
    joined: paid.length,
    expected: {
      bookings,
      payments,
      joined: payments - truth.orphans.length,
      orphans: truth.orphans.length,
      byStatus,
      quarantined: truth.quarantined,
    },
    actual: {
      bookings: found.bookings.length,
      payments: paid.length + found.orphans.length,
      joined: paid.length,
      orphans: found.orphans.length,
      byStatus: countBy(found.bookings.map(statusOf)),
      quarantined: found.quarantined,
    },
    missing,
    duplicates,
    quarantined: Object.values(found.quarantined).reduce((total, count) => total + count, 0),
    moneyMinor,
    differences: differences.slice(0, 20),
  };
};

/** How long after its later source event was in its hub a joined payment was in the warehouse, in ms. */
export const latencies = (bookings: readonly BookingRow[]): number[] =>
  bookings.flatMap((booking) =>
    booking.payments.map(
      ({ loadedAt, enqueuedAt }) => Date.parse(loadedAt) - Math.max(Date.parse(enqueuedAt), Date.parse(booking.enqueuedAt)),
    ),
  );

/** The smallest value that at least `share` of all values do not exceed; 0 of none. */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
};
