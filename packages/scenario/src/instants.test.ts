import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isoOf } from './instants.ts';

test('an instant is written as Date writes it', () => {
  const days = fc.integer({ min: -1000, max: 2_000_000 });
  fc.assert(
    fc.property(
      fc.array(days, { minLength: 1, maxLength: 3 }),
      fc.array(fc.integer({ min: 0, max: 86_399_999 })),
      (some, within) => {
        for (const day of some)
          for (const rest of within) {
            const ms = day * 86_400_000 + rest;
            expect(isoOf(ms)).toBe(new Date(ms).toISOString());
          }
      },
    ),
  );
});
