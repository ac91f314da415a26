import { expect, test } from 'vitest';
import { createClosingQueue } from './closing-queue.ts';
import { chooser } from './random-logs.ts';
import { createRecords, NONE } from './records.ts';

test.for([
  { name: 'close together', spread: 50, stride: 3 },
  { name: 'over many spans', spread: 20_000, stride: 40 },
  { name: 'far apart, and before 1970', spread: 4_000_000_000, stride: 900_000 },
])('records leave in the order of closing, then of arrival: $name', ({ spread, stride }) => {
  const choose = chooser(spread);
  const records = createRecords();
  const closes = new Map<number, number>();
  const queue = createClosingQueue(records, (slot) => closes.get(slot)!);
  let waiting: { readonly slot: number; readonly close: number }[] = [];
  let below = -2_000_000_000;
  for (let round = 0; round < 20_000; round++) {
    for (let n = choose(4); n > 0; n--) {
      const slot = records.take();
      // On the watermark itself now and then, and several at one time.
      const close = below + (choose(5) === 0 ? 0 : choose(spread));
      closes.set(slot, close);
      queue.add(slot, close);
      waiting.push({ slot, close });
    }
    if (choose(3) === 0) below += choose(choose(20) === 0 ? 50 * stride : stride);
    const left: number[] = [];
    for (let slot = queue.take(below); slot !== NONE; slot = queue.take(below)) left.push(slot);
    const expected = waiting.filter(({ close }) => close < below).toSorted((a, b) => a.close - b.close);
    if (left.join() !== expected.map(({ slot }) => slot).join()) expect(left).toEqual(expected.map(({ slot }) => slot));
    waiting = waiting.filter(({ close }) => close >= below);
    for (const slot of left) records.giveBack(slot);
  }
});
