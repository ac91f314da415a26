import TinyQueue from 'tinyqueue';
import { createPlacing } from './bookings.ts';
import type { Placement } from './bookings.ts';
import { extentOf } from './run-spec.ts';
import type { RunSpec } from './run-spec.ts';

/** Something to publish, and when it leaves, in ms: when it happened, or later when it is held up or sent again. */
export interface Send {
  readonly at: number;
  /** The booking, which decides the partition. */
  readonly key: string;
  /** The document, in the version that its writer writes; or bytes that are none. */
  readonly content: object | Uint8Array;
  /** The same left before. */
  readonly repeat: boolean;
}

/** A repetition that waits: its booking is made again when it leaves, so that it takes next to no memory until then. */
interface Waiting {
  readonly at: number;
  readonly index: number;
  readonly firstAt: number;
}

/**
 * All that a run publishes, repetitions included, in the order of `at`, with how each booking was placed. No repetition leaves
 * after the end of the run's period. Memory: three numbers for each repetition of 45 minutes.
 */
export function* placedSends(spec: RunSpec): Generator<Placement & { readonly repeat: boolean }> {
  const { place, times } = createPlacing(spec);
  const lastAt = extentOf(spec).to - 1;
  const waiting = new TinyQueue<Waiting>([], (a, b) => a.at - b.at || a.index - b.index);
  function* repeats(upTo: number) {
    for (let next = waiting.peek(); next !== undefined && next.at <= upTo; next = waiting.peek()) {
      waiting.pop();
      yield { ...place(next.index, next.firstAt), at: next.at, repeat: true };
    }
  }
  let index = 0;
  for (const at of times) {
    yield* repeats(at);
    const placement = place(index, at);
    yield { ...placement, repeat: false };
    const { repeatAfterMs } = placement;
    if (repeatAfterMs !== undefined) waiting.push({ at: Math.min(lastAt, at + repeatAfterMs), index, firstAt: at });
    index += 1;
  }
  yield* repeats(Infinity);
}

/** All that a run publishes, in order. */
export function* bookingSends(spec: RunSpec): Generator<Send> {
  for (const { at, booking, content, repeat } of placedSends(spec)) yield { at, key: booking.subject, content, repeat };
}
