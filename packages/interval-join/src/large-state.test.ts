import { expect, test } from 'vitest';
import { closeOf, matches, nameOf, same, sides, tokenOf } from './direct-join.ts';
import type { Input, Item } from './direct-join.ts';
import { createIntervalJoin } from './interval-join.ts';
import { chooser } from './random-logs.ts';
import type { Choose } from './random-logs.ts';

const settings = { beforeMs: 2_000, afterMs: 15_000, boundMs: 5_000 };

/** The operator as one would write it without a thought of cost: everything in one list for each key, in order of arrival. */
const createNaiveJoin = () => {
  const state = new Map<string, { readonly item: Item; readonly order: number; matched: boolean }[]>();
  const watermark = { left: -Infinity, right: -Infinity };
  let order = 0;
  let joined = -Infinity;
  const raise = (side: 'left' | 'right', to: number): string[] => {
    watermark[side] = Math.max(watermark[side], to);
    const lower = Math.min(watermark.left, watermark.right);
    if (lower === joined) return [];
    joined = lower;
    const leaving = [...state.values()].flat().filter(({ item }) => (item.passes ? item.at : closeOf(item, settings)) < joined);
    for (const key of new Set(leaving.map(({ item }) => item.key))) {
      const rest = state.get(key)!.filter((each) => !leaving.includes(each));
      if (rest.length > 0) state.set(key, rest);
      else state.delete(key);
    }
    return leaving
      .filter(({ item, matched }) => !matched && !item.passes)
      .toSorted((a, b) => closeOf(a.item, settings) - closeOf(b.item, settings) || a.order - b.order)
      .map(({ item }) => `${nameOf(item)} alone at ${closeOf(item, settings)}`);
  };
  return {
    state,
    push(input: Input): string[] {
      if ('tick' in input) return raise(input.side, input.tick);
      const { side, key, at, value: item } = input;
      if (at < watermark[side]) return [`late by ${watermark[side] - at} x`];
      const outputs: string[] = [];
      const list = state.get(key) ?? [];
      if (list.some((each) => each.item.side === side && nameOf(each.item) === nameOf(item))) outputs.push('duplicate x');
      else {
        outputs.push('entered x');
        const mine = { item, order: order++, matched: false };
        for (const other of list) {
          if (item.passes || other.item.passes || other.item.side === side) continue;
          const [left, right] = side === 'left' ? [item, other.item] : [other.item, item];
          if (!matches(left, right, settings)) continue;
          mine.matched = other.matched = true;
          outputs.push(`${nameOf(left)}+${nameOf(right)}`);
        }
        state.set(key, [...list, mine]);
      }
      outputs.push(...raise(side, at - settings.boundMs));
      return outputs;
    },
  };
};

/** Event times move in steps, so that the naive one has to look at everything only now and then. */
const inputAt = (step: number, choose: Choose, keys: number, recent: Input[]): Input => {
  const side = sides[choose(2)]!;
  if (choose(5000) === 0) return { side, tick: step * 1000 - choose(6000) };
  if (choose(12) === 0 && recent.length > 0) return recent[choose(recent.length)]!;
  const at = step * 1000 - (choose(3) === 0 ? choose(settings.boundMs + 200) : 0);
  // Now and then everybody wants the same key, and an id is used again.
  const number = choose(50) === 0 ? choose(100) : choose(2 ** 30);
  const key = number % 500 === 0 ? 'hot' : `key-${number % keys}`;
  const id = `${side}-${number}`;
  const passes = side === 'right' && choose(20) === 0;
  const value = { side, key, id, at, content: 'ab'.charAt(choose(40) === 0 ? 1 : 0), passes };
  const bytes = choose(1000);
  return side === 'left' ? { side, key, id, at, value, bytes } : { side, key, id, at, value, passes, bytes };
};

test.for([
  { events: 30_000, perStep: 500, keys: 3_000 },
  { events: 200_000, perStep: 4_000, keys: 50_000 },
])('$events events, $perStep in a second: the same outputs in the same order as the naive join', ({ events, perStep, keys }) => {
  const choose = chooser(events);
  const join = createIntervalJoin<Item, Item>(settings, { same });
  const naive = createNaiveJoin();
  const recent: Input[] = [];
  let most = 0;
  for (let i = 0; i < events; i++) {
    const input = inputAt(Math.floor(i / perStep), choose, keys, recent);
    if (recent.length < 1000) recent.push(input);
    else if (choose(3) === 0) recent[choose(recent.length)] = input;
    const outputs = join.push(input).map((output) => tokenOf(output, 'x'));
    const expected = naive.push(input);
    if (outputs.join() !== expected.join()) expect(outputs).toEqual(expected);
    most = Math.max(most, join.open().left + join.open().right);
  }
  const held = [...naive.state.values()].flat().filter(({ item }) => !item.passes);
  const count = (side: string, unmatchedOnly: boolean) =>
    held.filter(({ item, matched }) => item.side === side && !(unmatchedOnly && matched)).length;
  expect(join.open()).toEqual({ left: count('left', false), right: count('right', false) });
  expect(join.unmatched()).toEqual({ left: count('left', true), right: count('right', true) });
  expect(most).toBeGreaterThan(8 * perStep);
  for (const side of sides) join.push({ side, tick: events * 1000 });
  expect(join.stateBytes()).toBe(0);
});
