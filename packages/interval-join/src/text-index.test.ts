import { describe, expect, test } from 'vitest';
import { chooser } from './random-logs.ts';
import { createRecords, NEXT_OF_KEY, NONE, offsetOf, pageOf } from './records.ts';
import { createTextHash } from './text-hash.ts';
import { createTextIndex } from './text-index.ts';

const lanes = 2;

describe.for([
  { name: 'a good hash', hashOf: createTextHash(), most: 40_000 },
  { name: 'one that is 0 now and then', hashOf: (text: string) => text.length % 2, most: 300 },
  // Tables are split to no avail until they may not be split any more.
  {
    name: 'one that has but 700 values, with their low bits alike',
    hashOf: (text: string) => Math.imul(Number(text.slice(1)) % 700, 0x10000),
    most: 8_000,
  },
])('an index against a Map, with $name', ({ hashOf, most }) => {
  test('over many rounds', () => {
    const choose = chooser(2);
    const records = createRecords();
    const texts: string[] = [];
    const index = createTextIndex(records, (slot) => texts[slot]!);
    const model = new Map<string, number[]>();
    const live: { readonly slot: number; readonly lane: number; readonly text: string }[] = [];
    const chain = (lane: number, text: string): number[] => {
      const found: number[] = [];
      for (
        let slot = index.newest(lane, hashOf(text), text);
        slot !== NONE;
        slot = records.ints[pageOf(slot)]![offsetOf(slot) + NEXT_OF_KEY]!
      )
        found.push(slot);
      return found;
    };
    // Grows, shrinks, and grows again over slots that were given back.
    for (const [rounds, growing] of [
      [2 * most, 3],
      [2 * most, 1],
      [most, 3],
    ] as const)
      for (let i = 0; i < rounds; i++) {
        if (choose(4) < growing) {
          const text = `x${choose(most)}`;
          const lane = choose(lanes);
          const slot = records.take();
          texts[slot] = text;
          index.add(slot, lane, hashOf(text), text);
          model.set(`${lane}${text}`, [slot, ...(model.get(`${lane}${text}`) ?? [])]);
          live.push({ slot, lane, text });
        } else if (live.length > 0) {
          const at = choose(live.length);
          const { slot, lane, text } = live[at]!;
          live[at] = live.at(-1)!;
          live.pop();
          index.remove(slot, lane);
          records.giveBack(slot);
          model.set(
            `${lane}${text}`,
            (model.get(`${lane}${text}`) ?? []).filter((each) => each !== slot),
          );
        }
        const asked = `x${choose(most)}`;
        const lane = choose(lanes);
        const [found, expected] = [chain(lane, asked), model.get(`${lane}${asked}`) ?? []];
        if (found.join() !== expected.join()) expect(found).toEqual(expected);
      }
    for (const [laneAndText, slots] of model) expect(chain(Number(laneAndText[0]), laneAndText.slice(1))).toEqual(slots);
  });
});

test('a hash knows a text again after it has met a longer one, and tells lengths and wide characters apart', () => {
  const hash = createTextHash();
  const texts = ['', '\0', '\0\0', 'a', 'ä', 'Ā', 'ab', 'ba', 'x'.repeat(127), 'x'.repeat(128), 'x'.repeat(5000)];
  const first = texts.map(hash);
  expect(texts.map(hash)).toEqual(first);
  expect(new Set(first).size).toBe(texts.length);
});

test('texts that differ in one character spread over the buckets', () => {
  const hash = createTextHash();
  const buckets = new Uint32Array(1024);
  for (let i = 0; i < 102_400; i++) buckets[hash(`r0123456789ab-${String(i).padStart(7, '0')}`) & 1023]!++;
  // 100 on average; five standard deviations are 50.
  expect(Math.max(...buckets)).toBeLessThan(200);
  expect(Math.min(...buckets)).toBeGreaterThan(30);
});
