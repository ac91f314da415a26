import { bookingSends, runSpec } from '@boxoffice/scenario';
import { expect, test } from 'vitest';
import { cutIntoChunks } from './chunks.ts';

const spec = runSpec.parse({ seed: 7, bookings: 100, from: '2026-03-01T00:00:00Z', to: '2026-03-01T00:10:00Z', duplicates: 0.3 });
const sends = [...bookingSends(spec)];

test('chunks of any size are together what is sent, in order', () => {
  for (const most of [1, 7, 1000]) {
    const cut = cutIntoChunks(bookingSends(spec), most);
    const chunks = [cut(Infinity)];
    while (chunks.at(-1)!.nextAt !== undefined) chunks.push(cut(Infinity));
    expect(chunks.every(({ events }) => events.length > 0 && events.length <= most)).toBe(true);
    expect(chunks.flatMap(({ events }) => events)).toEqual(sends.map(({ event }) => event));
  }
});

test('nothing leaves before it is due, and the chunk says when the next is', () => {
  const cut = cutIntoChunks(bookingSends(spec), 1000);
  const middle = sends[60]!.at;
  const early = cut(middle - 1);
  expect(early.events).toEqual(sends.filter(({ at }) => at < middle).map(({ event }) => event));
  expect(early.nextAt).toBe(middle);
  expect(cut(middle - 1)).toEqual({ events: [], nextAt: middle });
  expect(early.events.length + cut(Infinity).events.length).toBe(sends.length);
  expect(cut(Infinity)).toEqual({ events: [], nextAt: undefined });
});
