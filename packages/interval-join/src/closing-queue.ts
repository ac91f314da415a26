import TinyQueue from 'tinyqueue';
import { NEXT_CLOSING, NONE, offsetOf, pageOf } from './records.ts';
import type { Records } from './records.ts';

/** Records in the order in which they close, and of those that close together in the order in which they came. */
export interface ClosingQueue {
  /** `close` is in whole ms, and not below what has been asked of `take` so far. */
  add(slot: number, close: number): void;
  /** Takes out the next record that closes before `below`, or NONE; `below` never falls. */
  take(below: number): number;
}

const SPAN = 1024;

interface Span {
  first: number;
  last: number;
}

/** The next bit that is set, from `from` on, or SPAN. */
const nextBit = (bits: Int32Array, from: number): number => {
  if (from >= SPAN) return SPAN;
  let word = from >>> 5;
  let rest = bits[word]! & (-1 << (from & 31));
  while (rest === 0) {
    if (++word === SPAN / 32) return SPAN;
    rest = bits[word]!;
  }
  return 32 * word + 31 - Math.clz32(rest & -rest);
};

/**
 * A timing wheel with two levels. Far ahead, records wait in one list for each span of 1024 ms, and a heap knows the order of the
 * spans; when time enters a span its list is dealt out, once, into a list for each millisecond, and a bit tells which of those
 * are in use. So a record is touched twice, whatever the number that wait, and nothing is compared with anything but its span.
 */
export const createClosingQueue = ({ ints }: Records, closeOf: (slot: number) => number): ClosingQueue => {
  const spans = new Map<number, Span>();
  const order = new TinyQueue<number>();
  const first = new Int32Array(SPAN);
  const last = new Int32Array(SPAN);
  const inUse = new Int32Array(SPAN / 32);
  let current = -Infinity;
  let start = -Infinity;
  let cursor = SPAN;
  // The span of the latest that was added: the next one is likely to close in it as well.
  let latest = -Infinity;
  let latestSpan: Span = { first: NONE, last: NONE };

  const link = (slot: number, to: number): void => {
    ints[pageOf(slot)]![offsetOf(slot) + NEXT_CLOSING] = to;
  };
  const following = (slot: number): number => ints[pageOf(slot)]![offsetOf(slot) + NEXT_CLOSING]!;

  const deal = (slot: number, close: number): void => {
    const ms = close - start;
    const bit = 1 << (ms & 31);
    link(slot, NONE);
    if ((inUse[ms >>> 5]! & bit) === 0) {
      inUse[ms >>> 5]! |= bit;
      first[ms] = slot;
    } else link(last[ms]!, slot);
    last[ms] = slot;
  };

  const enter = (number: number): void => {
    current = number;
    start = number * SPAN;
    cursor = 0;
    let slot = spans.get(number)?.first ?? NONE;
    spans.delete(number);
    if (latest === number) latest = -Infinity;
    while (slot !== NONE) {
      const then = following(slot);
      deal(slot, closeOf(slot));
      slot = then;
    }
  };

  const spanOf = (number: number): Span => {
    if (number === latest) return latestSpan;
    let span = spans.get(number);
    if (!span) {
      span = { first: NONE, last: NONE };
      spans.set(number, span);
      order.push(number);
    }
    latest = number;
    latestSpan = span;
    return span;
  };

  return {
    add(slot, close) {
      const number = Math.floor(close / SPAN);
      if (number === current) {
        deal(slot, close);
        return;
      }
      link(slot, NONE);
      const span = spanOf(number);
      if (span.first === NONE) span.first = slot;
      else link(span.last, slot);
      span.last = slot;
    },
    take(below) {
      for (;;) {
        const end = below - start;
        cursor = nextBit(inUse, cursor);
        if (cursor < SPAN) {
          if (cursor >= end) {
            // One may still be added at the watermark itself.
            cursor = end;
            return NONE;
          }
          const slot = first[cursor]!;
          const then = following(slot);
          if (then === NONE) inUse[cursor >>> 5]! &= ~(1 << (cursor & 31));
          else first[cursor] = then;
          return slot;
        }
        if (end < SPAN) cursor = Math.max(0, end);
        const upcoming = order.peek();
        if (upcoming === undefined || upcoming * SPAN >= below) return NONE;
        order.pop();
        enter(upcoming);
      }
    },
  };
};
