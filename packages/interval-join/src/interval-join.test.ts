import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinDirectly, same, sides, tokenOf } from './direct-join.ts';
import type { Input, Item } from './direct-join.ts';
import { createIntervalJoin } from './index.ts';
import type { JoinInput, JoinOutput, JoinSettings, Side } from './index.ts';
import { chooser, logs } from './random-logs.ts';

const settings = { beforeMs: 2, afterMs: 5, boundMs: 3 };

/** `B10` is a booking at 10, `P8` a payment at 8, `R8` a refund that passes, `b20` and `p20` ticks; `B10'` has another id. */
const inputOf = (token: string): JoinInput<string, string> => {
  const [, letter = '', digits, primes] = /^([BPRbp])(\d+)('*)$/.exec(token) ?? [];
  const at = Number(digits);
  if (letter === 'b') return { side: 'left', tick: at };
  if (letter === 'p') return { side: 'right', tick: at };
  const value = token;
  if (letter === 'B') return { side: 'left', key: 'k', id: `B${at}${primes}`, at, value };
  return { side: 'right', key: 'k', id: `P${at}${primes}`, at, value, passes: letter === 'R' };
};

const tersely = (output: JoinOutput<string, string>): string => {
  switch (output.kind) {
    case 'matched':
      return `${output.left}+${output.right}`;
    case 'left-unmatched':
      return `${output.left} alone at ${output.closedAt}`;
    case 'right-unmatched':
      return `${output.right} alone at ${output.closedAt}`;
    case 'left-undecided':
      return `${output.left} undecided at ${output.closedAt}`;
    case 'right-undecided':
      return `${output.right} undecided at ${output.closedAt}, late by ${output.lateByMs}`;
    case 'late':
      return `late by ${output.lateByMs}`;
    case 'duplicate':
    case 'entered':
      return output.kind;
    default:
      return output satisfies never;
  }
};

const play = (tokens: string): string[] => {
  const join = createIntervalJoin<string, string>(settings);
  return tokens.split(' ').flatMap((each) => join.push(inputOf(each)).map(tersely));
};

describe('window 2 before .. 5 after, bound 3', () => {
  test.for([
    { name: 'a payment on the lower bound joins', given: 'B10 P8', then: ['entered', 'entered', 'B10+P8'] },
    { name: 'one before it does not', given: 'B10 P7', then: ['entered', 'entered'] },
    { name: 'a payment on the upper bound joins', given: 'B10 P15', then: ['entered', 'entered', 'B10+P15'] },
    { name: 'one after it does not', given: 'B10 P16', then: ['entered', 'entered'] },
    { name: 'either side may be first', given: 'P12 B10', then: ['entered', 'entered', 'B10+P12'] },
    { name: 'all pairs match', given: 'B10 P11 P12', then: ['entered', 'entered', 'B10+P11', 'entered', 'B10+P12'] },
    {
      name: 'a repetition is counted and ignored',
      given: 'B10 B10 P11 P11',
      then: ['entered', 'duplicate', 'entered', 'B10+P11', 'duplicate'],
    },
    { name: 'held while a payment could come', given: 'B10 b15 p15', then: ['entered'] },
    { name: 'then leaves unmatched', given: 'B10 b16 p16', then: ['entered', 'B10 alone at 15'] },
    { name: 'a payment is held for its booking', given: 'P10 b12 p12', then: ['entered'] },
    { name: 'then leaves unmatched, too', given: 'P10 b13 p13', then: ['entered', 'P10 alone at 12'] },
    { name: 'what has matched leaves without a word', given: 'B10 P11 b30 p30', then: ['entered', 'entered', 'B10+P11'] },
    { name: 'one input alone closes nothing', given: 'B10 b99', then: ['entered'] },
    { name: 'an event on its watermark is on time', given: 'B10 B7', then: ['entered', 'entered'] },
    { name: 'one behind it is late, and does not join', given: 'P7 B10 B6', then: ['entered', 'entered', 'late by 1'] },
    { name: 'lateness is its own input’s, never the other’s', given: 'B99 P10', then: ['entered', 'entered'] },
    {
      name: 'what passes joins nothing and waits for nothing',
      given: 'B10 R11 R11 b30 p30',
      then: ['entered', 'entered', 'duplicate', 'B10 alone at 15'],
    },
    {
      name: 'a repetition after closing is late',
      given: 'B10 P11 b16 p16 B10',
      then: ['entered', 'entered', 'B10+P11', 'late by 6'],
    },
  ])('$name', ({ given, then }) => {
    expect(play(given)).toEqual(then);
  });

  test('settings that are no whole milliseconds are refused', () => {
    for (const beforeMs of [-1, 0.5, Number.NaN, Infinity])
      expect(() => createIntervalJoin({ ...settings, beforeMs })).toThrow(/beforeMs: is .*, expected whole milliseconds/);
  });
});

const item = (side: Side, id: string, at: number, content = 'a', bytes = 0): Input => {
  const passes = id.startsWith('R');
  const value = { side, key: 'k', id, at, content, passes };
  return side === 'left' ? { side, key: 'k', id, at, value, bytes } : { side, key: 'k', id, at, value, passes, bytes };
};
const open = (given: JoinSettings = settings) => {
  const join = createIntervalJoin<Item, Item>(given, { same });
  return { ...join, tokens: (input: Input) => join.push(input).map((output) => tokenOf(output, '')) };
};

describe('a duplicate has the same id, the same time and the same content', () => {
  const wide = { beforeMs: 120_000, afterMs: 900_000, boundMs: 300_000 };

  test('two times under one id both enter, whether or not the other input has closed the first', () => {
    const [early, later] = [item('left', 'B', 0), item('left', 'B', 1_000_000)];
    const paymentAt = item('right', 'P', 1_300_000);
    const [first, second] = [open(wide), open(wide)];
    // The payment takes the joined watermark past the first booking's close, or has not been read yet.
    const between = { side: 'left', tick: 950_000 } as const;
    const closedFirst = [early, between, paymentAt, later];
    const closedLast = [early, between, later, paymentAt];
    const all = (join: ReturnType<typeof open>, inputs: readonly Input[]) => inputs.flatMap(join.tokens).toSorted();
    expect(all(first, closedFirst)).toEqual(all(second, closedLast));
    expect(all(open(wide), closedLast).filter((each) => each.startsWith('entered'))).toHaveLength(3);
  });

  test('two contents under one id both enter and both pair, so that somebody can decide between them', () => {
    const join = open();
    expect([item('left', 'B', 10, 'a'), item('left', 'B', 10, 'b'), item('left', 'B', 10, 'a')].map(join.tokens)).toEqual([
      ['entered '],
      ['entered '],
      ['duplicate '],
    ]);
    expect(join.tokens(item('right', 'P', 11))).toEqual(['entered ', 'B@10a+P@11a', 'B@10b+P@11a']);
    expect(join.open()).toEqual({ left: 2, right: 1 });
  });

  test('what passes is told apart by its content, too, as long as a copy of it can be on time', () => {
    const join = open();
    expect([item('right', 'R', 10, 'a'), item('right', 'R', 10, 'b'), item('right', 'R', 10, 'a')].flatMap(join.tokens)).toEqual([
      'entered ',
      'entered ',
      'duplicate ',
    ]);
    expect(join.stateBytes()).toBeGreaterThan(0);
    for (const side of sides) join.push({ side, tick: 10 });
    expect(join.stateBytes()).toBeGreaterThan(0);
    for (const side of sides) join.push({ side, tick: 11 });
    expect(join.stateBytes()).toBe(0);
  });

  test('without an opinion on contents, the id and the time decide', () => {
    const join = createIntervalJoin<Item, Item>(settings);
    join.push(item('left', 'B', 10, 'a'));
    expect(join.push(item('left', 'B', 10, 'b'))).toEqual([{ kind: 'duplicate', side: 'left' }]);
  });
});

const leavingAlone = (lost: Partial<Record<Side, number>>, input: Input) => {
  const join = open();
  for (const side of sides) if (lost[side] !== undefined) join.lost(side, lost[side]);
  join.tokens(input);
  join.push({ side: 'left', tick: 30 });
  return join.push({ side: 'right', tick: 40 }).map((output) => [output.kind, 'lateByMs' in output ? output.lateByMs : 0]);
};

describe('what has been lost', () => {
  test.for([
    {
      name: 'a payment at the lower bound may be among it',
      lost: { right: 8 },
      given: item('left', 'B', 10),
      then: ['left-undecided', 0],
    },
    {
      name: 'none before the lower bound can matter',
      lost: { right: 7 },
      given: item('left', 'B', 10),
      then: ['left-unmatched', 0],
    },
    {
      name: 'a booking’s own side does not matter to it',
      lost: { left: 99 },
      given: item('left', 'B', 10),
      then: ['left-unmatched', 0],
    },
    {
      name: 'a booking at the far bound may be among it',
      lost: { left: 5 },
      given: item('right', 'P', 10),
      then: ['right-undecided', 30],
    },
    { name: 'none further back can matter', lost: { left: 4 }, given: item('right', 'P', 10), then: ['right-unmatched', 0] },
    {
      name: 'a payment’s own side does not matter to it',
      lost: { right: 99 },
      given: item('right', 'P', 10),
      then: ['right-unmatched', 0],
    },
  ])('$name', ({ lost, given, then }) => {
    expect(leavingAlone(lost, given)).toEqual([then]);
  });

  test('lateness is at least 1, though a wide window closes right behind the event', () => {
    const join = open({ beforeMs: 0, afterMs: 5, boundMs: 0 });
    join.lost('left', 10);
    join.push({ side: 'left', tick: 30 });
    join.push(item('right', 'P', 10));
    expect(join.push(item('right', 'Q', 11))).toContainEqual(expect.objectContaining({ kind: 'right-undecided', lateByMs: 1 }));
  });

  test('a pair found in silence with what may have been late proves nothing: what is left alone is undecided', () => {
    const join = open();
    join.lost('left', 10);
    for (const input of [item('left', 'B', 10), item('right', 'P', 11)]) join.replay(input);
    expect(join.unmatched()).toEqual({ left: 0, right: 1 });
    join.push({ side: 'left', tick: 30 });
    expect(join.push({ side: 'right', tick: 30 }).map((output) => tokenOf(output, ''))).toEqual(['P@11a undecided at 13']);
  });
});

test('an event’s own fate comes first, then its pairs as they arrived, then what leaves, by closing and by arrival', () => {
  const join = open();
  for (const input of [item('left', 'C', 3), item('left', 'B', 1), item('left', 'D', 1), item('left', 'E', 13)]) join.push(input);
  expect(join.tokens(item('right', 'P', 13))).toEqual([
    'entered ',
    'E@13a+P@13a',
    'B@1a alone at 6',
    'D@1a alone at 6',
    'C@3a alone at 8',
  ]);
});

test('state is accounted for: payloads as they were said, and something for the operator itself', () => {
  const join = open();
  join.push(item('left', 'B', 10, 'a', 1000));
  const one = join.stateBytes();
  expect(one).toBeGreaterThan(1100);
  expect(one).toBeLessThan(1300);
  join.push(item('left', 'B', 10, 'a', 1000));
  expect(join.stateBytes()).toBe(one);
  join.push(item('right', 'P', 11, 'a', 500));
  expect(join.stateBytes()).toBe(2 * one - 500);
  join.forgetClosed(16);
  expect(join.stateBytes()).toBe(0);
});

test('times that are no whole milliseconds are refused', () => {
  expect(() => open().push(item('left', 'B', 0.5))).toThrow(/at: is 0.5, expected whole milliseconds/);
  expect(() => open().push({ side: 'left', tick: Infinity })).toThrow(/tick: is Infinity/);
});

test('what was closed before is dropped without a word, and neither input falls behind that again', () => {
  const join = open();
  join.replay(item('left', 'B', 10));
  join.replay(item('left', 'C', 12));
  join.forgetClosed(16);
  expect([join.open().left, join.watermarks()]).toEqual([1, { left: 16, right: 16, joined: 16 }]);
  expect(join.tokens(item('right', 'P', 15))).toEqual(['late by 1 ']);
});

test('the outputs are one function of the two inputs, however they interleave', () => {
  fc.assert(
    fc.property(logs, fc.integer(), (both, seed) => {
      const choose = chooser(seed);
      const join = open();
      const next = { left: 0, right: 0 };
      const out: string[] = [];
      while (next.left < both.left.length || next.right < both.right.length) {
        const side = sides[choose(2)]!;
        const entry = both[side][next[side]];
        if (!entry) continue;
        next[side]++;
        for (const [index, input] of entry.inputs.entries())
          out.push(...join.push(input).map((output) => tokenOf(output, `${side} ${entry.position}/${index}`)));
      }
      const { facts, notices, waiting, paired } = joinDirectly(both, settings);
      expect(out.toSorted()).toEqual([...facts, ...notices].toSorted());
      const alone = [...waiting.left, ...waiting.right].filter((each) => !paired.has(each)).length;
      expect(join.unmatched().left + join.unmatched().right).toBe(alone - notices.size);
    }),
    { numRuns: 5000 },
  );
});
