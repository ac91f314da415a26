import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPercentiles } from './percentiles.ts';

test('a percentile is the true one, or up to 5 % above it', () => {
  const durations = fc.array(fc.double({ min: 0.2, max: 3_000_000, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
      const percentiles = createPercentiles();
      for (const each of all) percentiles.add(each);
      const exact = all.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * all.length) - 1)]!;
      expect(percentiles.at(share)).toBeGreaterThanOrEqual(exact - 0.06);
      expect(percentiles.at(share)).toBeLessThanOrEqual(exact * 1.0501 + 0.06);
    }),
  );
});

test('of nothing there is none, and what is counted many times weighs as much', () => {
  const percentiles = createPercentiles();
  expect(percentiles.at(0.5)).toBeNull();
  percentiles.add(1, 99);
  percentiles.add(1000);
  expect(percentiles.at(0.99)).toBeLessThan(1.1);
  expect(percentiles.at(1)).toBeGreaterThanOrEqual(1000);
});
