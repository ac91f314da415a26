import { expect, test } from 'vitest';
import { createProducers } from './producers.ts';

const LAST_NUMBER = 2 ** 31 - 1;
const batch = (first: number, count: number, epoch = 1) => ({ producer: 7, epoch, first, count });

test.for([
  { name: 'the first batch is new, whatever its number', stored: undefined, sent: batch(40, 2), then: 'new' },
  { name: 'the next number is new', stored: batch(0, 5), sent: batch(5, 2), then: 'new' },
  { name: 'a batch sent again is a duplicate', stored: batch(3, 5), sent: batch(3, 5), then: 'duplicate' },
  { name: 'an older batch is a duplicate', stored: batch(10, 5), sent: batch(2, 3), then: 'duplicate' },
  { name: 'a gap is refused', stored: batch(0, 5), sent: batch(6, 1), then: 'com.microsoft:out-of-order-sequence' },
  { name: 'half old, half new is refused', stored: batch(0, 5), sent: batch(4, 2), then: 'com.microsoft:out-of-order-sequence' },
  { name: 'a higher epoch begins anew', stored: batch(0, 5), sent: batch(0, 5, 2), then: 'new' },
  { name: 'a lower epoch is refused', stored: batch(0, 5), sent: batch(5, 1, 0), then: 'com.microsoft:producer-epoch-stolen' },
  { name: 'numbers wrap at 2^31', stored: batch(LAST_NUMBER - 1, 2), sent: batch(0, 1), then: 'new' },
  { name: 'what stood before the wrap is old', stored: batch(0, 3), sent: batch(LAST_NUMBER, 1), then: 'duplicate' },
])('$name', ({ stored, sent, then }) => {
  const producers = createProducers();
  if (stored !== undefined) producers.stored(stored);
  const verdict = producers.judge(sent);
  expect(typeof verdict === 'string' ? verdict : verdict.condition).toBe(then);
});

test('a producer that begins with a higher epoch shuts out the lower one at once', () => {
  const producers = createProducers();
  producers.stored(batch(0, 5));
  expect(producers.begin(7, 1)).toEqual({ epoch: 1, last: 4 });
  expect(producers.begin(7, 2)).toEqual({ epoch: 2, last: -1 });
  expect(producers.judge(batch(5, 1))).toMatchObject({ condition: 'com.microsoft:producer-epoch-stolen' });
  expect(producers.begin(7, 1)).toMatchObject({ condition: 'com.microsoft:producer-epoch-stolen' });
});
