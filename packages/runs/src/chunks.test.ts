import { bookingSends, runSpec } from '@boxoffice/scenario';
import { expect, test } from 'vitest';
import { cutIntoChunks } from './chunks.ts';

const spec = runSpec.parse({
  seed: 7,
  bookings: 100,
  from: '2026-03-01T00:00:00Z',
  to: '2026-03-01T00:10:00Z',
  faults: { duplicates: 0.3 },
});
const sends = [...bookingSends(spec)];

test('chunks of any size are together what is sent, in order', () => {
  for (const most of [1, 7, 1000]) {
    const cut = cutIntoChunks(bookingSends(spec), most);
    const chunks = [cut(Infinity)];
    while (chunks.at(-1)!.nextAt !== undefined) chunks.push(cut(Infinity));
    expect(chunks.every(({ sends: each }) => each.length > 0 && each.length <= most)).toBe(true);
    expect(chunks.flatMap(({ sends: each }) => each)).toEqual(sends);
  }
});

test('nothing leaves before it is due, and the chunk says when the next is', () => {
  const cut = cutIntoChunks(bookingSends(spec), 1000);
  const middle = sends[60]!.at;
  const early = cut(middle - 1);
  expect(early.sends).toEqual(sends.filter(({ at }) => at < middle));
  expect(early.nextAt).toBe(middle);
  expect(cut(middle - 1)).toEqual({ sends: [], nextAt: middle });
  expect(early.sends.length + cut(Infinity).sends.length).toBe(sends.length);
  expect(cut(Infinity)).toEqual({ sends: [], nextAt: undefined });
});
