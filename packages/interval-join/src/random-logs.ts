import fc from 'fast-check';
import type { Entry, Input, Logs } from './direct-join.ts';
import type { Side } from './join-event.ts';

/* For tests: small random logs, dense in everything that could go wrong, and a cheap source of choices. */

/** Whole numbers from 0 to below `n`, the same ones for a seed (mulberry32). */
export type Choose = (n: number) => number;
export const chooser = (seed: number): Choose => {
  let state = seed | 0;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
};

/** Window 2 before .. 5 after, bound 3; times up to 40. */
export const settings = { beforeMs: 2, afterMs: 5, boundMs: 3 };
export const LATEST = 40;

const kinds = ['event', 'event', 'event', 'event', 'event', 'copy', 'other time', 'other content', 'tick', 'passes'] as const;

const inputOf = (side: Side, earlier: Input[], kind: (typeof kinds)[number], at: number, pick: number): Input => {
  const events = earlier.filter((each) => 'key' in each);
  const known = events[pick % Math.max(1, events.length)];
  const make = (key: string, id: string, time: number, content: string, passes: boolean): Input => {
    const value = { side, key, id, at: time, content, passes };
    return side === 'left'
      ? { side, key, id, at: time, value, bytes: 10 }
      : { side, key, id, at: time, value, passes, bytes: 10 };
  };
  if (kind === 'tick') return { side, tick: at };
  if (known && (kind === 'copy' || kind === 'other time' || kind === 'other content')) {
    const time = kind === 'other time' ? at : known.at;
    return make(known.key, known.id, time, kind === 'other content' ? 'b' : known.value.content, known.value.passes);
  }
  return make('km'.charAt(pick % 2), `E${events.length}`, at, 'a', side === 'right' && kind === 'passes');
};

/** Times that wander forward, most of them near the newest, some far ahead or behind. */
const logOf = (side: Side) =>
  fc.array(fc.tuple(fc.constantFrom(...kinds), fc.nat(LATEST), fc.nat(999)), { maxLength: 16 }).map((drawn) => {
    const inputs: Input[] = [];
    const log: Entry[] = [];
    let position = 0;
    for (const [i, [kind, time, pick]] of drawn.entries()) {
      const near = Math.floor((i * LATEST) / Math.max(8, drawn.length)) + (time % 9) - 4;
      const input = inputOf(side, inputs, kind, pick % 4 === 0 ? time : Math.max(0, near), pick);
      inputs.push(input);
      // Some positions are skipped, some hold nothing, and some hold several.
      if (pick % 7 === 0) log.push({ position: position++, inputs: [] });
      if (pick % 5 === 0) position++;
      const last = log.at(-1);
      if (last && last.inputs.length > 0 && pick % 3 === 0) log[log.length - 1] = { ...last, inputs: [...last.inputs, input] };
      else log.push({ position: position++, inputs: [input] });
    }
    return log;
  });

export const logs: fc.Arbitrary<Logs> = fc.record({ left: logOf('left'), right: logOf('right') });
