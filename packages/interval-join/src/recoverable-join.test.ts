import { describe, expect, test } from 'vitest';
import { same, sides, tokenOf } from './direct-join.ts';
import type { Input, Item } from './direct-join.ts';
import { createRecoverableJoin, freshCut } from './recoverable-join.ts';
import type { JoinCut } from './recoverable-join.ts';
import type { Side } from './join-event.ts';

const settings = { beforeMs: 2, afterMs: 5, boundMs: 3 };

const event = (side: Side, id: string, at: number): Input => {
  const value = { side, key: 'k', id, at, content: 'a', passes: false };
  return side === 'left' ? { side, key: 'k', id, at, value } : { side, key: 'k', id, at, value };
};
const begin = (cut?: JoinCut, alignmentMs = 4) => {
  const join = createRecoverableJoin<Item, Item>({ settings, alignmentMs, same, ...(cut && { cut }) });
  const take = (position: number, input: Input): string[] => {
    expect(join.hold(input.side, position, true)).toBeUndefined();
    const tokens = join.push(position, input).map((output) => tokenOf(output, ''));
    join.done(input.side, position);
    return tokens;
  };
  return { join, take };
};
const both = (left: number, right: number) => ({ left, right });
const cutOf = (parts: Partial<JoinCut>): JoinCut => ({ ...freshCut, ...parts });

test('a fresh join is live, and its cut says how far it is', () => {
  const { join, take } = begin();
  expect([join.phase, join.cut()]).toEqual(['live', freshCut]);
  take(0, event('left', 'B0', 10));
  take(3, event('left', 'B1', 30));
  take(0, { side: 'right', tick: 22 });
  expect(join.cut()).toEqual({
    readTo: both(3, 0),
    replayFrom: both(3, 0),
    knownTo: both(3, 0),
    closedTo: 22,
    newest: { left: 30, right: null },
  });
  // JSON gives back the same.
  expect(JSON.parse(JSON.stringify(join.cut()))).toEqual(join.cut());
});

test('what is to be read again begins with the first that matters; where none does, with the next', () => {
  const { join, take } = begin();
  take(5, event('left', 'B0', 10));
  take(5, { side: 'right', tick: 10 });
  expect(join.cut().replayFrom).toEqual(both(5, 5));
  take(6, { side: 'left', tick: 17 });
  take(6, { side: 'right', tick: 17 });
  expect(join.cut().replayFrom).toEqual(both(5, 5));
  take(7, { side: 'left', tick: 18 });
  take(7, { side: 'right', tick: 18 });
  expect(join.cut().replayFrom).toEqual(both(6, 6));
});

describe('the barrier', () => {
  const cut = cutOf({ readTo: both(2, 1), replayFrom: both(1, 0), knownTo: both(2, 1), closedTo: 5 });

  test('nothing comes out before both have reached it, and nothing beyond is taken', () => {
    const { join, take } = begin(cut);
    expect([join.phase, take(1, event('left', 'B0', 10)), take(2, event('left', 'B1', 10))]).toEqual(['replaying', [], []]);
    expect(join.hold('left', 3, true)).toBe('barrier');
    expect(() => join.push(3, event('left', 'B2', 10))).toThrow(/left position 3: .*barrier 2, replaying/);
    expect(() => join.cut()).toThrow(/replaying/);
    expect(join.done('right', 0)).toBe(false);
    expect(take(1, event('right', 'P0', 11))).toEqual([]);
    expect([join.phase, join.hold('left', 3, true)]).toEqual(['live', undefined]);
    expect(take(2, event('right', 'P1', 12))).toEqual(['entered ', 'B0@10a+P1@12a', 'B1@10a+P1@12a']);
  });

  test('a position that holds nothing counts as read', () => {
    const { join } = begin(cut);
    expect([join.done('left', 2), join.done('right', 1), join.phase]).toEqual([false, true, 'live']);
  });

  test('one beyond it tells that what lay before is gone', () => {
    const { join } = begin(cut);
    expect([join.hold('left', 7, false), join.phase, join.hold('right', 4, false), join.phase]).toEqual([
      'barrier',
      'replaying',
      undefined,
      'live',
    ]);
    expect(join.readTo()).toEqual(both(2, 1));
  });

  test('and so does hearing that there is nothing', () => {
    const { join } = begin(cut);
    expect([join.reach('left'), join.reach('right'), join.phase, join.readTo()]).toEqual([false, true, 'live', both(2, 1)]);
    expect(join.reach('left')).toBe(false);
  });

  test('positions only grow', () => {
    const { join, take } = begin();
    take(4, event('left', 'B0', 10));
    expect(() => join.push(4, event('left', 'B1', 10))).toThrow(/left position 4/);
    expect(() => join.done('left', 3)).toThrow(/left position 3: is done/);
  });

  test('what was closed by then is silent, and what was not is as before', () => {
    const { join, take } = begin({ ...cut, closedTo: 16 });
    for (const [position, input] of [
      [1, event('left', 'B0', 10)],
      [2, event('left', 'B1', 11)],
      [0, event('right', 'P0', 13)],
    ] as const)
      take(position, input);
    expect([join.open(), join.reach('right'), join.open()]).toEqual([both(2, 1), true, both(1, 0)]);
    take(3, { side: 'left', tick: 17 });
    expect(take(2, { side: 'right', tick: 17 })).toEqual([]);
  });
});

describe('a repetition', () => {
  const cut = cutOf({ knownTo: both(1, 0) });

  test('begins at once, says everything again, and has a barrier of its own', () => {
    const { join, take } = begin(cut);
    expect([join.phase, take(0, event('left', 'B0', 10))]).toEqual(['repeating', ['entered ']]);
    expect(join.cut()).toEqual({
      ...freshCut,
      readTo: both(0, -1),
      replayFrom: both(0, 0),
      knownTo: both(1, 0),
      newest: { left: 10, right: null },
    });
    expect([join.hold('right', 1, true), join.phase]).toEqual(['barrier', 'repeating']);
    expect([join.done('left', 1), join.phase]).toEqual([true, 'live']);
    expect(join.cut().knownTo).toEqual(join.cut().readTo);
  });

  test('goes on after a crash where its cut was', () => {
    const first = begin(cut);
    first.take(0, event('left', 'B0', 10));
    const { join, take } = begin(first.join.cut());
    expect([join.phase, take(0, event('left', 'B0', 10)), join.phase]).toEqual(['replaying', [], 'repeating']);
    expect(take(0, event('right', 'P0', 11))).toEqual(['entered ', 'B0@10a+P0@11a']);
    expect([join.hold('right', 1, true), join.done('left', 1), join.phase]).toEqual(['barrier', true, 'live']);
  });

  test('one position far beyond both barriers ends both phases', () => {
    const { join } = begin(cutOf({ readTo: both(1, 1), knownTo: both(5, 5) }));
    join.reach('right');
    expect([join.hold('left', 9, true), join.phase, join.reach('right'), join.phase, join.hold('left', 9, true)]).toEqual([
      'barrier',
      'repeating',
      true,
      'live',
      undefined,
    ]);
  });
});

describe('alignment', () => {
  test('the side that is ahead by more waits, unless the other has nothing more', () => {
    const { join, take } = begin();
    take(0, event('left', 'B0', 10));
    expect(join.hold('left', 1, false)).toBe('alignment');
    expect(join.hold('left', 1, true)).toBeUndefined();
    expect(join.hold('right', 0, false)).toBeUndefined();
    take(0, event('right', 'P0', 6));
    expect(join.hold('left', 1, false)).toBeUndefined();
    take(1, event('left', 'B1', 11));
    expect([join.hold('left', 2, false), join.hold('right', 1, false)]).toEqual(['alignment', undefined]);
  });

  test('a side of which nothing has been heard does not wait', () => {
    const { join } = begin();
    for (const side of sides) expect(join.hold(side, 0, false)).toBeUndefined();
  });

  test('nobody waits while state is built again, nor for one that is stopped at a barrier', () => {
    const { join, take } = begin(cutOf({ readTo: both(1, 0), knownTo: both(3, 1) }));
    take(0, event('left', 'B0', 10));
    expect(join.hold('left', 1, false)).toBeUndefined();
    take(1, event('left', 'B1', 40));
    take(0, event('right', 'P0', 10));
    expect([join.phase, join.hold('left', 2, false)]).toEqual(['repeating', 'alignment']);
    take(1, event('right', 'P1', 11));
    expect([join.hold('right', 2, false), join.hold('left', 2, false)]).toEqual(['barrier', undefined]);
  });
});
