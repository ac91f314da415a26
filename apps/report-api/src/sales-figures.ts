import type { SalesRow } from '@boxoffice/warehouse';
import { money } from './money.ts';

/** The figures of a sales row, without what they are grouped by. */
export type SalesFigures = Omit<SalesRow, 'bucket' | 'groupKey' | 'groupLabel'>;

const sum = (a: number, b: number): number => {
  const result = a + b;
  if (Number.isSafeInteger(result)) return result;
  throw new RangeError(`${a} + ${b} is no longer exact as a number`);
};

const add = (a: SalesFigures, b: SalesFigures): SalesFigures => ({
  currency: a.currency,
  bookings: sum(a.bookings, b.bookings),
  seats: sum(a.seats, b.seats),
  grossMinor: sum(a.grossMinor, b.grossMinor),
  feesMinor: sum(a.feesMinor, b.feesMinor),
  discountsMinor: sum(a.discountsMinor, b.discountsMinor),
  totalMinor: sum(a.totalMinor, b.totalMinor),
  refundsMinor: sum(a.refundsMinor, b.refundsMinor),
  netMinor: sum(a.netMinor, b.netMinor),
});

/** The sums of all rows, one for each currency and in order of it. @throws RangeError when a sum is no longer exact. */
export const totalsByCurrency = (rows: readonly SalesFigures[]): SalesFigures[] => {
  const totals = new Map<string, SalesFigures>();
  for (const row of rows) {
    const held = totals.get(row.currency);
    totals.set(row.currency, held === undefined ? row : add(held, row));
  }
  return [...totals.values()].toSorted((a, b) => (a.currency < b.currency ? -1 : 1));
};

/** As the API shows them. */
export const toFigures = ({ currency, bookings, seats, ...amounts }: SalesFigures) => ({
  currency,
  bookings,
  seats,
  gross: money(amounts.grossMinor, currency),
  fees: money(amounts.feesMinor, currency),
  discounts: money(amounts.discountsMinor, currency),
  total: money(amounts.totalMinor, currency),
  refunds: money(amounts.refundsMinor, currency),
  net: money(amounts.netMinor, currency),
});
