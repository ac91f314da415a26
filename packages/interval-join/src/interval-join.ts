import { createClosingQueue } from './closing-queue.ts';
import { createHeldEvents, MATCHED, PASSES, RIGHT } from './held-events.ts';
import { NONE } from './records.ts';
import type {
  JoinInput,
  JoinOutput,
  JoinSettings,
  LeftEvent,
  RightEvent,
  Sameness,
  Side,
  Sides,
  Watermarks,
} from './join-event.ts';

/**
 * Pairs left and right events of one key when `left.at - beforeMs <= right.at <= left.at + afterMs`, both ends inclusive, in
 * exact milliseconds, whichever is read first; every such pair.
 *
 * An input's watermark is the running maximum of (event time - boundMs) and of tick times in its own order. An event behind its
 * own input's watermark is `late`: it is not joined, not deduplicated, not kept. Any other is kept until the joined watermark is
 * strictly above `at + afterMs` (left) or `at + beforeMs` (right), and leaves as unmatched if nothing has matched it by then. One
 * that is in state already, with the same key, id, event time and content, is a `duplicate`: while a copy can be on time the first is
 * still in state, which would depend on the other input if their times could differ. So the set of outputs is a function of the
 * two inputs, however they interleave. Nothing here reads a clock.
 *
 * After a restart, `replay` what was read from the first event at or above `replayFloor()` on, of both inputs; then
 * `forgetClosed` what was closed at the time, and go on.
 */
export interface IntervalJoin<L, R> {
  /**
   * Takes one event or tick, and returns what follows from it: first the fate of the event itself, then its pairs in the order in
   * which the other side arrived, then what leaves in order of closing, and of arrival within a millisecond.
   * @throws {RangeError} for a time that is not in whole milliseconds.
   */
  push(input: JoinInput<L, R>): readonly JoinOutput<L, R>[];
  /** Takes one that has been pushed before, when state is built again: nothing comes out. */
  replay(input: JoinInput<L, R>): void;
  watermarks(): Watermarks;
  /** No event below this time can matter to what is still open, in ms. */
  replayFloor(): number;
  /** A joined watermark just above this closes the last window that is open, in ms; `undefined` when none is. */
  lastClose(): number | undefined;
  /** Both inputs have been as far as `closedTo` (ms) before: drops what is closed then, without a word. */
  forgetClosed(closedTo: number): void;
  /**
   * Events of this side with times up to `upTo` (ms) may have existed and cannot be read; the highest time that had been read, or
   * the joined watermark of then if that is higher. What leaves without a match, and could have had one among those, leaves as
   * undecided. Say it before anything is replayed: without what is lost the watermark of this side is too low there, what was late
   * passes for on time, and a pair with it need not have come out before.
   */
  lost(side: Side, upTo: number): void;
  /** How many events wait in state. */
  open(): Sides<number>;
  /** How many of those have matched nothing so far. */
  unmatched(): Sides<number>;
  /**
   * About how much memory the state takes: what the callers said of the payloads (`bytes`), and the operator's own records,
   * references, table heads, keys and ids, of what is held now. What tables have grown to stays with them for the next peak and
   * is not counted.
   */
  stateBytes(): number;
}

const nothing: readonly JoinOutput<never, never>[] = Object.freeze([]);
// Shared: nearly every event has one of these for an answer.
const alone = (kind: 'entered' | 'duplicate', side: Side): readonly JoinOutput<never, never>[] =>
  Object.freeze([Object.freeze({ kind, side })]);
const entered = [alone('entered', 'left'), alone('entered', 'right')] as const;
const duplicate = [alone('duplicate', 'left'), alone('duplicate', 'right')] as const;

// Sides as places in an array: a name that comes from outside makes a slow key.
const LEFT = 0;
const laneOf = (side: Side): 0 | 1 => (side === 'left' ? LEFT : RIGHT);
type Lanes = [left: number, right: number];
const sidesOf = ([left, right]: Lanes): Sides<number> => ({ left, right });

/** An operator with nothing in it. @throws {RangeError} for settings that are not whole, non-negative milliseconds. */
export const createIntervalJoin = <L, R>(
  { beforeMs, afterMs, boundMs }: JoinSettings,
  { same = {} }: { readonly same?: Sameness<L, R> } = {},
): IntervalJoin<L, R> => {
  for (const [name, value] of Object.entries({ beforeMs, afterMs, boundMs }))
    if (!Number.isSafeInteger(value) || value < 0)
      throw new RangeError(`${name}: is ${value}, expected whole milliseconds, 0 or more`);

  const held = createHeldEvents<L, R>(same);
  // What only passes is kept until no copy of it can be on time any more.
  const waits = (flags: number): number => (flags & PASSES ? 0 : flags & RIGHT ? beforeMs : afterMs);
  const closing = createClosingQueue(held.records, (slot) => held.at(slot) + waits(held.flags(slot)));
  const watermark: Lanes = [-Infinity, -Infinity];
  const waiting: Lanes = [0, 0];
  const unmatched: Lanes = [0, 0];
  const lostTo: Lanes = [-Infinity, -Infinity];
  let joined = -Infinity;
  let silent = false;
  let furthestClose = -Infinity;
  let outputs: readonly JoinOutput<L, R>[] = nothing;
  let more: JoinOutput<L, R>[] | undefined;

  const emit = (output: JoinOutput<L, R>): void => {
    const [fate] = outputs;
    if (more) more.push(output);
    else outputs = more = fate ? [fate, output] : [output];
  };

  /** Marks it as matched, the first time that it is. */
  const found = (slot: number, lane: 0 | 1): void => {
    if (held.flags(slot) & MATCHED) return;
    held.setMatched(slot);
    unmatched[lane]--;
  };

  const pairUp = (left: number, right: number): void => {
    if (held.flags(right) & PASSES) return;
    const early = held.at(left) - held.at(right);
    if (early > beforeMs || -early > afterMs) return;
    if (!silent || held.at(right) > lostTo[RIGHT]) found(left, LEFT);
    if (!silent || held.at(left) > lostTo[LEFT]) found(right, RIGHT);
    if (!silent) emit({ kind: 'matched', left: held.left(left), right: held.right(right) });
  };

  const pairWithAll = (slot: number, lane: 0 | 1): void => {
    let other = held.opposite(slot);
    const newestFirst: number[] = [];
    for (let before = NONE; other !== NONE; other = before) {
      before = held.before(other);
      if (before !== NONE || newestFirst.length > 0) newestFirst.push(other);
      else if (lane === LEFT) pairUp(slot, other);
      else pairUp(other, slot);
    }
    for (let i = newestFirst.length - 1; i >= 0; i--)
      if (lane === LEFT) pairUp(slot, newestFirst[i]!);
      else pairUp(newestFirst[i]!, slot);
  };

  const leftAlone = (slot: number): JoinOutput<L, R> => {
    const left = held.left(slot);
    const at = held.at(slot);
    const undecided = at - beforeMs <= lostTo[RIGHT];
    return { kind: undecided ? 'left-undecided' : 'left-unmatched', left, closedAt: at + afterMs };
  };

  const rightAlone = (slot: number): JoinOutput<L, R> => {
    const right = held.right(slot);
    const at = held.at(slot);
    const closedAt = at + beforeMs;
    if (at - afterMs > lostTo[LEFT]) return { kind: 'right-unmatched', right, closedAt };
    return { kind: 'right-undecided', right, closedAt, lateByMs: Math.max(1, watermark[RIGHT] - at) };
  };

  const leave = (): void => {
    for (let slot = closing.take(joined); slot !== NONE; slot = closing.take(joined)) {
      const flags = held.flags(slot);
      if ((flags & PASSES) === 0) {
        const lane = flags & RIGHT ? RIGHT : LEFT;
        waiting[lane]--;
        if ((flags & MATCHED) === 0) {
          unmatched[lane]--;
          if (!silent) emit(lane === RIGHT ? rightAlone(slot) : leftAlone(slot));
        }
      }
      held.remove(slot);
    }
  };

  const raise = (lane: 0 | 1, to: number): void => {
    if (to <= watermark[lane]) return;
    watermark[lane] = to;
    const lower = Math.min(watermark[LEFT], watermark[RIGHT]);
    if (lower === joined) return;
    joined = lower;
    leave();
  };

  const enter = (event: LeftEvent<L> | RightEvent<R>, lane: 0 | 1): void => {
    const slot = held.add(event);
    const flags = held.flags(slot);
    const close = event.at + waits(flags);
    closing.add(slot, close);
    if (flags & PASSES) return;
    waiting[lane]++;
    unmatched[lane]++;
    if (close > furthestClose) furthestClose = close;
    pairWithAll(slot, lane);
  };

  const take = (event: LeftEvent<L> | RightEvent<R>): void => {
    const { side, at } = event;
    const lane = laneOf(side);
    if (at < watermark[lane]) outputs = [{ kind: 'late', side, lateByMs: watermark[lane] - at }];
    else if (held.has(event)) outputs = duplicate[lane];
    else {
      outputs = entered[lane];
      enter(event, lane);
    }
    raise(lane, at - boundMs);
  };

  const push = (input: JoinInput<L, R>): readonly JoinOutput<L, R>[] => {
    const isTick = 'tick' in input;
    const at = isTick ? input.tick : input.at;
    if (!Number.isSafeInteger(at)) throw new RangeError(`${isTick ? 'tick' : 'at'}: is ${at}, expected whole milliseconds`);
    outputs = nothing;
    more = undefined;
    if (isTick) raise(laneOf(input.side), at);
    else take(input);
    return outputs;
  };

  const silently = (work: () => void): void => {
    silent = true;
    try {
      work();
    } finally {
      silent = false;
    }
  };

  return {
    push,
    replay: (input) => silently(() => push(input)),
    watermarks: () => ({ ...sidesOf(watermark), joined }),
    replayFloor: () => joined - beforeMs - afterMs,
    lastClose: () => (waiting[LEFT] + waiting[RIGHT] > 0 ? furthestClose : undefined),
    forgetClosed: (closedTo) =>
      silently(() => {
        raise(LEFT, closedTo);
        raise(RIGHT, closedTo);
      }),
    lost(side, upTo) {
      lostTo[laneOf(side)] = Math.max(lostTo[laneOf(side)], upTo);
    },
    open: () => sidesOf(waiting),
    unmatched: () => sidesOf(unmatched),
    stateBytes: held.bytes,
  };
};
