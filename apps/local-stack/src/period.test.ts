import { expect, test } from 'vitest';
import { finishedPeriod, lastDay, paidWithinMs } from './period.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const now = 100 * day;

test('a run gets a day of its own, a week ago, whose last window has closed', () => {
  expect(finishedPeriod(now, undefined)).toEqual({ from: now - 7 * day, to: now - 6 * day, late: false });
});

test('runs after it get periods that neither overlap nor come too near to now', () => {
  let watermark = finishedPeriod(now, undefined).to;
  for (let run = 0; run < 20; run++) {
    const period = finishedPeriod(now, watermark);
    if (period.late) return;
    expect(period.from).toBe(watermark);
    expect(period.to).toBeGreaterThan(period.from);
    expect(period.to + paidWithinMs + 8 * minute).toBeLessThan(now);
    watermark = period.to;
  }
});

test('where the hubs are too near to now for that, an hour that is late', () => {
  expect(finishedPeriod(now, now - 5 * minute)).toMatchObject({ late: true });
});

test('the last day is what the watermark has left of it', () => {
  expect(lastDay(now, undefined)).toMatchObject({ from: now - day, to: now });
  expect(lastDay(now, now - 10 * minute)).toMatchObject({ from: now - 10 * minute, to: now });
  expect(lastDay(now, now - minute / 2)).toBeUndefined();
});
