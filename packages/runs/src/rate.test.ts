import { expect, test } from 'vitest';
import { createRate } from './rate.ts';

const steady = (untilMs: number, everyMs: number, perSecond: number) => {
  const rate = createRate(0);
  for (let at = 0; at <= untilMs; at += everyMs) rate.mark(at, (at * perSecond) / 1000);
  return rate;
};

test.for([
  { name: 'often', everyMs: 1 },
  { name: 'now and then', everyMs: 1000 },
])('a steady rate is told, marked $name', ({ everyMs }) => {
  expect(steady(20_000, everyMs, 30).perSecond(20_000, 600)).toBeCloseTo(30, 0);
  expect(steady(2_000, everyMs, 30).perSecond(2_000, 60)).toBeCloseTo(30, 0);
});

test('a count that has come to rest has no rate once the window has passed, and none before it starts', () => {
  expect(steady(20_000, 10, 30).perSecond(30_000, 600)).toBe(0);
  expect(createRate(5).perSecond(5, 0)).toBe(0);
});
