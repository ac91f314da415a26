import { expect, test } from 'vitest';
import { createOutbox } from './outbox.ts';
import { tickTime } from './tick.ts';

const marks = (bookings: number) => ({ bookings, payments: 0, joined: 0 });

test('a tick goes to the smaller of the clock and the last window’s end, and only forward', () => {
  const settings = { tickToleranceMs: 5 };
  expect(tickTime(marks(10), 50, 'bookings', 1000, settings)).toBe(51);
  expect(tickTime(marks(10), 50, 'bookings', 40, settings)).toBe(35);
  expect(tickTime(marks(35), 50, 'bookings', 40, settings)).toBeUndefined();
  expect(tickTime(marks(10), undefined, 'bookings', 1000, settings)).toBeUndefined();
  expect(tickTime(marks(-Infinity), 50, 'bookings', 1000, settings)).toBeUndefined();
});

test('an outbox sends in order, and marks only what has been acknowledged', async () => {
  const happened: string[] = [];
  const outbox = createOutbox<number, string>({
    async send(items) {
      await Promise.resolve();
      happened.push(`sent ${items.join()}`);
    },
    async onMark(mark) {
      happened.push(mark);
    },
    room: 2,
  });
  outbox.add([1]);
  outbox.add([2, 3]);
  outbox.mark('after 3');
  outbox.add([4]);
  outbox.mark('after 4');
  await outbox.drained();
  expect(happened).toEqual(['sent 1', 'sent 2,3', 'after 3', 'sent 4', 'after 4']);
});

test('an outbox that cannot send says so to whoever waits for it, and marks nothing', async () => {
  const marked: string[] = [];
  const outbox = createOutbox<number, string>({
    send: () => Promise.reject(new Error('refused')),
    onMark: async (mark) => void marked.push(mark),
    room: 1,
  });
  outbox.add([1, 2]);
  outbox.mark('never');
  await expect(outbox.room()).rejects.toThrow('refused');
  await expect(outbox.drained()).rejects.toThrow('refused');
  expect(marked).toEqual([]);
});
