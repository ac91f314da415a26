import TinyQueue from 'tinyqueue';

/** The join's window and how far out of order an input may be, all in ms. */
export interface JoinSettings {
  /** How long before its left event a right event may lie, inclusive. */
  readonly beforeMs: number;
  /** How long after it, inclusive. */
  readonly afterMs: number;
  /** An event that lies further than this behind the newest of its own input is late. */
  readonly boundMs: number;
}

/** Which of the two inputs. */
export type Side = 'left' | 'right';

/** An event as it is read from an input, or a tick: "this input is complete up to `at`". */
export type JoinInput<L, R> =
  | { readonly side: 'left'; readonly key: string; readonly id: string; readonly at: number; readonly value: L }
  | {
      readonly side: 'right';
      readonly key: string;
      readonly id: string;
      readonly at: number;
      readonly value: R;
      /** It passes: it is checked for lateness and repetition like any other, but joins nothing and waits for nothing. */
      readonly passes?: boolean;
    }
  | { readonly side: Side; readonly tick: number };

/** What becomes of events; times in ms. */
export type JoinOutput<L, R> =
  | { readonly kind: 'late'; readonly side: Side; readonly lateByMs: number }
  | { readonly kind: 'duplicate'; readonly side: Side }
  /** On time, and the first of its id. */
  | { readonly kind: 'entered'; readonly side: Side }
  | { readonly kind: 'matched'; readonly left: L; readonly right: R }
  | { readonly kind: 'left-unmatched'; readonly left: L; readonly closedAt: number }
  | { readonly kind: 'right-unmatched'; readonly right: R; readonly closedAt: number };

/** How far the inputs have come; `-Infinity` for one that has not been heard of. */
export interface Watermarks {
  readonly left: number;
  readonly right: number;
  /** The smaller of the two: every pair of windows below has been decided. */
  readonly joined: number;
}

/**
 * Pairs left and right events of one key when `left.at - beforeMs <= right.at <= left.at + afterMs`, both ends inclusive, in
 * exact milliseconds, whichever is read first; every such pair.
 *
 * An input's watermark is the running maximum of (event time - boundMs) and of tick times in its own order. An event behind its
 * own input's watermark is `late`: it is not joined, not deduplicated, not kept. Any other is kept until the joined watermark is
 * strictly above `at + afterMs` (left) or `at + beforeMs` (right), and leaves as unmatched if nothing has matched it by then. An
 * id that is in state already is a `duplicate`. So the set of outputs is a function of the two inputs, however they interleave.
 * Nothing here reads a clock.
 *
 * After a restart, push again what was read from the first event at or above `replayFloor()` on, on both inputs, and drop what
 * comes out; then `forgetClosed` what was closed at the time, and go on.
 */
export interface IntervalJoin<L, R> {
  /** Takes one event or tick, and returns what follows from it, in order; the first output tells of the event itself. */
  push(input: JoinInput<L, R>): readonly JoinOutput<L, R>[];
  watermarks(): Watermarks;
  /** No event below this time can matter to what is still open, in ms. */
  replayFloor(): number;
  /** A joined watermark just above this closes the last window that is open, in ms; `undefined` when none is. */
  lastClose(): number | undefined;
  /** Drops, without a word, what a joined watermark of `closedTo` had closed. */
  forgetClosed(closedTo: number): void;
  /** How many events wait in state. */
  open(): { readonly left: number; readonly right: number };
  /** How many of those have matched nothing so far. */
  unmatched(): { readonly left: number; readonly right: number };
}

interface Held<V> {
  readonly id: string;
  readonly at: number;
  readonly value: V;
  matched: boolean;
}

interface Slot<L, R> {
  readonly left: Held<L>[];
  readonly right: Held<R>[];
}

type Leaving<L, R> = { readonly key: string; readonly closedAt: number } & (
  | { readonly side: 'left'; readonly held: Held<L> }
  | { readonly side: 'right'; readonly held: Held<R> }
);

const without = <T>(list: T[], item: T): void => {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
};

/** An operator with nothing in it. @throws {RangeError} for settings that are not whole, non-negative milliseconds. */
export const createIntervalJoin = <L, R>({ beforeMs, afterMs, boundMs }: JoinSettings): IntervalJoin<L, R> => {
  for (const [name, value] of Object.entries({ beforeMs, afterMs, boundMs }))
    if (!Number.isSafeInteger(value) || value < 0)
      throw new RangeError(`${name}: is ${value}, expected whole milliseconds, 0 or more`);

  const slots = new Map<string, Slot<L, R>>();
  const ids = { left: new Set<string>(), right: new Set<string>() };
  const closing = new TinyQueue<Leaving<L, R>>([], (a, b) => a.closedAt - b.closedAt);
  // What only passes keeps its id until no copy of it could be on time any more.
  const passing = new TinyQueue<{ readonly id: string; readonly at: number }>([], (a, b) => a.at - b.at);
  const watermark = { left: -Infinity, right: -Infinity };
  const waiting = { left: 0, right: 0 };
  const unmatched = { left: 0, right: 0 };
  let furthestClose = -Infinity;

  const joined = (): number => Math.min(watermark.left, watermark.right);

  const hold = (leaving: Leaving<L, R>): void => {
    closing.push(leaving);
    waiting[leaving.side]++;
    if (!leaving.held.matched) unmatched[leaving.side]++;
    furthestClose = Math.max(furthestClose, leaving.closedAt);
  };

  const slotOf = (key: string): Slot<L, R> => {
    const known = slots.get(key);
    if (known) return known;
    const slot = { left: [], right: [] };
    slots.set(key, slot);
    return slot;
  };

  /** Pairs the two if their window allows; whether it did. */
  const pairUp = (left: Held<L>, right: Held<R>, outputs: JoinOutput<L, R>[]): boolean => {
    if (right.at < left.at - beforeMs || right.at > left.at + afterMs) return false;
    outputs.push({ kind: 'matched', left: left.value, right: right.value });
    return true;
  };

  /** Marks what waited as matched, the first time that it is. */
  const found = (side: Side, held: { matched: boolean }): void => {
    if (!held.matched) unmatched[side]--;
    held.matched = true;
  };

  const enterLeft = (key: string, left: Held<L>, outputs: JoinOutput<L, R>[]): void => {
    const slot = slotOf(key);
    for (const right of slot.right) {
      if (!pairUp(left, right, outputs)) continue;
      found('right', right);
      left.matched = true;
    }
    slot.left.push(left);
    hold({ side: 'left', key, held: left, closedAt: left.at + afterMs });
  };

  const enterRight = (key: string, right: Held<R>, outputs: JoinOutput<L, R>[]): void => {
    const slot = slotOf(key);
    for (const left of slot.left) {
      if (!pairUp(left, right, outputs)) continue;
      found('left', left);
      right.matched = true;
    }
    slot.right.push(right);
    hold({ side: 'right', key, held: right, closedAt: right.at + beforeMs });
  };

  const leave = (below: number, outputs: JoinOutput<L, R>[]): void => {
    for (let next = passing.peek(); next && next.at < below; next = passing.peek()) {
      ids.right.delete(next.id);
      passing.pop();
    }
    for (let next = closing.peek(); next && next.closedAt < below; next = closing.peek()) {
      closing.pop();
      const { key, side, held, closedAt } = next;
      ids[side].delete(held.id);
      waiting[side]--;
      if (!held.matched) unmatched[side]--;
      const slot = slots.get(key);
      if (slot) {
        if (side === 'left') without(slot.left, held);
        else without(slot.right, held);
        if (slot.left.length + slot.right.length === 0) slots.delete(key);
      }
      if (held.matched) continue;
      if (side === 'left') outputs.push({ kind: 'left-unmatched', left: held.value, closedAt });
      else outputs.push({ kind: 'right-unmatched', right: held.value, closedAt });
    }
  };

  const raise = (side: Side, to: number, outputs: JoinOutput<L, R>[]): void => {
    if (to <= watermark[side]) return;
    watermark[side] = to;
    leave(joined(), outputs);
  };

  const accept = (input: Exclude<JoinInput<L, R>, { tick: number }>, outputs: JoinOutput<L, R>[]): void => {
    const { side, id, at } = input;
    if (at < watermark[side]) {
      outputs.push({ kind: 'late', side, lateByMs: watermark[side] - at });
      return;
    }
    if (ids[side].has(id)) {
      outputs.push({ kind: 'duplicate', side });
      return;
    }
    ids[side].add(id);
    outputs.push({ kind: 'entered', side });
    if (input.side === 'left') enterLeft(input.key, { id, at, value: input.value, matched: false }, outputs);
    else if (input.passes) passing.push({ id, at });
    else enterRight(input.key, { id, at, value: input.value, matched: false }, outputs);
  };

  return {
    push(input) {
      const outputs: JoinOutput<L, R>[] = [];
      if ('tick' in input) raise(input.side, input.tick, outputs);
      else {
        accept(input, outputs);
        raise(input.side, input.at - boundMs, outputs);
      }
      return outputs;
    },
    watermarks: () => ({ ...watermark, joined: joined() }),
    replayFloor: () => joined() - beforeMs - afterMs,
    lastClose: () => (closing.length > 0 ? furthestClose : undefined),
    forgetClosed: (closedTo) => leave(closedTo, []),
    open: () => ({ ...waiting }),
    unmatched: () => ({ ...unmatched }),
  };
};
