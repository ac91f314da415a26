import { expect, test } from 'vitest';
import { totalsByCurrency } from './sales-figures.ts';
import type { SalesFigures } from './sales-figures.ts';

const sold = (currency: string, totalMinor: number, refundsMinor = 0): SalesFigures => ({
  currency,
  bookings: 1,
  seats: 2,
  grossMinor: totalMinor,
  feesMinor: 0,
  discountsMinor: 0,
  totalMinor,
  refundsMinor,
  netMinor: totalMinor - refundsMinor,
});

test('each currency has one total, in order of its code', () => {
  expect(totalsByCurrency([sold('USD', 1), sold('EUR', 10, 4), sold('USD', 2), sold('EUR', 20)])).toEqual([
    { ...sold('EUR', 30, 4), bookings: 2, seats: 4 },
    { ...sold('USD', 3), bookings: 2, seats: 4 },
  ]);
  expect(totalsByCurrency([])).toEqual([]);
});

test('a sum that is no longer exact is refused rather than rounded', () => {
  expect(() => totalsByCurrency([sold('EUR', Number.MAX_SAFE_INTEGER), sold('EUR', 1)])).toThrow(RangeError);
});
