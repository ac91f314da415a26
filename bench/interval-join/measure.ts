import { performance, PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { createIntervalJoin } from '../../packages/interval-join/src/index.ts';
import { createMapJoin } from './map-join.ts';
import { createStream, createTexts, madeBefore, PAYLOAD, settings } from './stream.ts';
import type { Input } from './stream.ts';

/** Seconds of CPU of this process, all threads together: the collector's, too. */
const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const heldBytes = (): number => {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/** `bookings` more through `push`, and the events and seconds of CPU that it took, making the events included. */
const run = (stream: ReturnType<typeof createStream>, bookings: number, push: (input: Input) => unknown) => {
  let events = 0;
  const before = cpuSeconds();
  stream(bookings, (input) => {
    events++;
    push(input);
  });
  return { events, seconds: cpuSeconds() - before };
};

const joins = {
  operator: (): ((input: Input) => unknown) => createIntervalJoin<string, string>(settings).push,
  map: createMapJoin,
};

/**
 * Fills until windows close as fast as they open, then measures so many bookings and their payments: ns of CPU an event with the
 * join, and without one, for what it takes to come by the events. `beforehand`: texts are made before; otherwise as they are needed.
 */
export const throughput = (open: number, bookings: number, kind: keyof typeof joins, beforehand: boolean) => {
  const push = joins[kind]();
  const stream = createStream(open, beforehand ? madeBefore(Math.ceil(open * 1.2)) : createTexts());
  run(stream, Math.ceil(open * 1.1) + 200_000, push);
  const nanoseconds = ({ events, seconds }: ReturnType<typeof run>): number => Math.round((seconds / events) * 1e9);
  return { withJoin: nanoseconds(run(stream, bookings, push)), eventsAlone: nanoseconds(run(stream, bookings, () => undefined)) };
};

/** Heap and array buffers of each open booking beyond its payload, with all the payments that are held as well. */
export const memory = (open: number) => {
  const join = createIntervalJoin<string, string>(settings);
  const stream = createStream(open, createTexts());
  const before = heldBytes();
  run(stream, Math.ceil(open * 1.1), join.push);
  const held = heldBytes() - before;
  const { left, right } = join.open();
  // V8 puts 16 bytes around the characters of a text.
  const beyond = held - (left + right) * (PAYLOAD + 16);
  return {
    openBookings: left,
    openPayments: right,
    bytesPerBooking: Math.round(beyond / left),
    bytesPerEvent: Math.round(beyond / (left + right)),
    saidPerEvent: Math.round((join.stateBytes() - (left + right) * PAYLOAD) / (left + right)),
  };
};

/**
 * The longest that one push took, ms, while the state grew from nothing to `open` and stayed there: with collections of garbage in
 * the middle of it, and of those that had none.
 */
export const pauses = async (open: number) => {
  const collections: { readonly from: number; readonly to: number }[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) collections.push({ from: startTime, to: startTime + duration });
  });
  observer.observe({ entryTypes: ['gc'] });
  const join = createIntervalJoin<string, string>(settings);
  const stream = createStream(open, madeBefore(Math.ceil(open * 1.2)));
  const long: { readonly from: number; readonly to: number }[] = [];
  let events = 0;
  stream(Math.ceil(open * 1.5), (input) => {
    events++;
    const from = performance.now();
    join.push(input);
    const to = performance.now();
    if (to - from > 0.2) long.push({ from, to });
  });
  // Observers are told when the work is over.
  await setTimeout(100);
  observer.disconnect();
  const worst = (all: typeof long): number => Number(Math.max(0, ...all.map(({ from, to }) => to - from)).toFixed(2));
  const collected = (each: (typeof long)[number]): boolean =>
    collections.some(({ from, to }) => from < each.to && to > each.from);
  return { events, worstMs: worst(long), worstWithoutCollectionMs: worst(long.filter((each) => !collected(each))) };
};
