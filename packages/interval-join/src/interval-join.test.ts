import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createIntervalJoin, createReplayMarks } from './index.ts';
import type { JoinInput, JoinOutput } from './index.ts';

const settings = { beforeMs: 2, afterMs: 5, boundMs: 3 };

/** `B10` is a booking at 10, `P8` a payment at 8, `R8` a refund that passes, `b20` and `p20` ticks; `B10'` has another id. */
const input = (token: string): JoinInput<string, string> => {
  const [, letter = '', digits, primes] = /^([BPRbp])(\d+)('*)$/.exec(token) ?? [];
  const at = Number(digits);
  if (letter === 'b') return { side: 'left', tick: at };
  if (letter === 'p') return { side: 'right', tick: at };
  const value = token;
  if (letter === 'B') return { side: 'left', key: 'k', id: `B${at}${primes}`, at, value };
  return { side: 'right', key: 'k', id: `P${at}${primes}`, at, value, passes: letter === 'R' };
};

const token = (output: JoinOutput<string, string>): string => {
  switch (output.kind) {
    case 'matched':
      return `${output.left}+${output.right}`;
    case 'left-unmatched':
      return `${output.left} alone at ${output.closedAt}`;
    case 'right-unmatched':
      return `${output.right} alone at ${output.closedAt}`;
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
  return tokens.split(' ').flatMap((each) => join.push(input(each)).map(token));
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

type Log = readonly string[];
const letters = (alphabet: string) =>
  fc.array(
    fc
      .tuple(fc.constantFrom(...alphabet.split('')), fc.nat({ max: 40 }), fc.constantFrom('', '', "'"))
      .map(([letter, at, prime]) => (letter === letter.toLowerCase() ? `${letter}${at}` : `${letter}${at}${prime}`)),
    { maxLength: 14 },
  );
const lefts = letters('BBBBb');
const rights = letters('PPPPRp');

const matches = (b: { at: number }, p: { at: number }) => b.at - settings.beforeMs <= p.at && p.at <= b.at + settings.afterMs;

/** The outputs as a direct function of the two logs: what is late by its own log, each pair, and what closes without one. */
const oracle = (left: Log, right: Log): string[] => {
  const counted: string[] = [];
  const marks: number[] = [];
  const onTime = [left, right].map((log) => {
    let watermark = -Infinity;
    const kept = new Map<string, { at: number; value: string }>();
    for (const each of log) {
      const read = input(each);
      if ('tick' in read) watermark = Math.max(watermark, read.tick);
      else {
        if (read.at < watermark) counted.push(`late by ${watermark - read.at}`);
        else if (kept.has(read.id)) counted.push('duplicate');
        else {
          counted.push('entered');
          kept.set(read.id, { at: read.at, value: each });
        }
        watermark = Math.max(watermark, read.at - settings.boundMs);
      }
    }
    marks.push(watermark);
    return [...kept.values()];
  });
  const [bookings = [], all = []] = onTime;
  const payments = all.filter(({ value }) => value.startsWith('P'));
  const end = Math.min(...marks);
  for (const b of bookings) {
    const mine = payments.filter((p) => matches(b, p));
    counted.push(...mine.map((p) => `${b.value}+${p.value}`));
    if (mine.length === 0 && b.at + settings.afterMs < end) counted.push(`${b.value} alone at ${b.at + settings.afterMs}`);
  }
  for (const p of payments)
    if (!bookings.some((b) => matches(b, p)) && p.at + settings.beforeMs < end)
      counted.push(`${p.value} alone at ${p.at + settings.beforeMs}`);
  return counted.toSorted();
};

const interleave = (left: Log, right: Log, choices: readonly boolean[]): string[] => {
  const order: string[] = [];
  let [l, r, turn] = [0, 0, 0];
  while (l < left.length || r < right.length) {
    const takeLeft = r >= right.length || (l < left.length && (choices[turn++ % choices.length] ?? true));
    order.push((takeLeft ? left[l++] : right[r++]) ?? '');
  }
  return order;
};

const schedule = fc.array(fc.boolean(), { minLength: 1, maxLength: 12 });

test('the outputs are one function of the two inputs, however they interleave', () => {
  fc.assert(
    fc.property(lefts, rights, schedule, (left, right, choices) => {
      const join = createIntervalJoin<string, string>(settings);
      const outputs = interleave(left, right, choices).flatMap((each) => join.push(input(each)).map(token));
      expect(outputs.toSorted()).toEqual(oracle(left, right));
      const { left: l, right: r } = join.unmatched();
      for (const each of ['left', 'right'] as const) join.push({ side: each, tick: 1000 });
      const alone = join.push({ side: 'left', tick: 1000 });
      expect([alone, join.unmatched(), join.open()]).toEqual([[], { left: 0, right: 0 }, { left: 0, right: 0 }]);
      expect(l + r).toBe(oracle([...left, 'b1000'], [...right, 'p1000']).length - outputs.length);
    }),
    { numRuns: 5000 },
  );
});

test('what a restart brings out, with what had come out before, is the same set, wherever it falls', () => {
  fc.assert(
    fc.property(lefts, rights, schedule, schedule, fc.nat(), (left, right, before, replayed, crash) => {
      const order = interleave(left, right, before);
      const cut = crash % (order.length + 1);
      const readTo = { left: 0, right: 0 };
      const marks = { left: createReplayMarks(), right: createReplayMarks() };
      const first = createIntervalJoin<string, string>(settings);
      const outputs: string[] = [];
      for (const each of order.slice(0, cut)) {
        const read = input(each);
        marks[read.side].read(readTo[read.side]++, 'tick' in read ? read.tick : read.at);
        outputs.push(...first.push(read).map(token));
      }
      const closedTo = first.watermarks().joined;
      const floor = first.replayFloor();
      const from = { left: marks.left.first(floor) ?? readTo.left, right: marks.right.first(floor) ?? readTo.right };

      const second = createIntervalJoin<string, string>(settings);
      for (const each of interleave(left.slice(from.left, readTo.left), right.slice(from.right, readTo.right), replayed))
        second.push(input(each));
      second.forgetClosed(closedTo);
      for (const each of order.slice(cut)) outputs.push(...second.push(input(each)).map(token));
      expect(outputs.toSorted()).toEqual(oracle(left, right));
    }),
    { numRuns: 5000 },
  );
});
