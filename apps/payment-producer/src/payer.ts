import TinyQueue from 'tinyqueue';

/** A payment that waits for its time, with the place of its booking in the partition's log. */
export interface Pending<Event> {
  /** When it is to leave, ms. */
  readonly at: number;
  readonly event: Event;
  readonly sequenceNumber: number;
  /** Of two that are to leave at the same time, the one that was read first goes first. */
  readonly order: number;
}

/** What one message of the bookings hub asks for. */
export interface BookingsRead<Event> {
  readonly sequenceNumber: number;
  /** The latest event time in it, ms; undefined where it holds no booking. */
  readonly bookedAt: number | undefined;
  /** The payments of its bookings and when each is to leave, ms. */
  readonly payments: readonly { readonly at: number; readonly event: Event }[];
}

/** How a partition stands; times in ms. */
interface PayerState {
  /** Sequence number of the last message that was read; null before the first ever. */
  readonly readTo: number | null;
  /** The latest event time of a booking that was read. */
  readonly watermark: number | null;
  /** Payments that are not acknowledged. */
  readonly pending: number;
  /** Those of them whose time has come. */
  readonly due: number;
  /** When the next falls due, of those that have not yet left. */
  readonly nextDueAt: number | null;
}

/** The payments of one partition. Every `now` is ms since the epoch. */
export interface Payer<Event> {
  read(now: number, message: BookingsRead<Event>): void;
  /** The broker says that there is nothing after what was read. */
  caughtUp(): void;
  /** Takes up to `most` payments that leave now, in order; each stays pending until it is acknowledged. */
  release(now: number, most: number): Pending<Event>[];
  acknowledge(payments: readonly Pending<Event>[]): void;
  /** The first instant at which `release` has something without further input; undefined: not before further input. */
  releasesAt(): number | undefined;
  /** Whether another message may be read. */
  hasRoom(): boolean;
  /** Whoever starts after this sequence number misses no payment that is not acknowledged. */
  resumeAfter(): number | undefined;
  state(now: number): PayerState;
}

/** How many of a binary heap are at or before `at`; looks at no more than twice as many. */
const countUpTo = (heap: readonly { readonly at: number }[], at: number, place = 0): number => {
  const node = heap[place];
  if (node === undefined || node.at > at) return 0;
  return 1 + countUpTo(heap, at, 2 * place + 1) + countUpTo(heap, at, 2 * place + 2);
};

/**
 * Decides when the payments of one bookings partition leave. Nothing here reads a clock.
 *
 * - A payment leaves when its time <= the watermark, the latest event time of a booking read, and never before its time by the
 *   clock. So those of a backfill leave in event-time order however fast it comes: a booking's payments lie after it.
 * - Once the input is caught up and has been quiet for `idleAfterMs`, its time <= the clock is enough: nobody raises the watermark.
 * - Above `maxPending` it is enough, too, for the earliest, as many as are too many. Otherwise the watermark, which only reading
 *   raises, would wait for room, and room for the watermark. The order is then only as good as `maxPending` payments allow.
 * - `resumeAfter` is just before the oldest message with a payment that is not acknowledged, so that a restart from there repeats
 *   payments (same ids), and loses none.
 */
export const createPayer = <Event>({
  startedAt,
  after,
  idleAfterMs,
  maxPending,
}: {
  readonly startedAt: number;
  /** Where an earlier life left off; undefined at the very first. */
  readonly after: number | undefined;
  readonly idleAfterMs: number;
  readonly maxPending: number;
}): Payer<Event> => {
  const waiting = new TinyQueue<Pending<Event>>([], (a, b) => a.at - b.at || a.order - b.order);
  /** How many payments of each message are not acknowledged, in the order of the log. */
  const open = new Map<number, number>();
  let readTo = after;
  let watermark = -Infinity;
  let order = 0;
  let inFlight = 0;
  let atEnd = false;
  let lastArrivalAt = startedAt;

  const full = (): boolean => waiting.length + inFlight > maxPending;

  return {
    read(now, { sequenceNumber, bookedAt, payments }) {
      readTo = sequenceNumber;
      lastArrivalAt = now;
      atEnd = false;
      if (bookedAt !== undefined) watermark = Math.max(watermark, bookedAt);
      if (payments.length > 0) open.set(sequenceNumber, payments.length);
      for (const { at, event } of payments) waiting.push({ at, event, sequenceNumber, order: order++ });
    },

    caughtUp() {
      atEnd = true;
    },

    release(now, most) {
      const quiet = atEnd && now - lastArrivalAt >= idleAfterMs;
      const leaving: Pending<Event>[] = [];
      for (let next = waiting.peek(); next !== undefined && leaving.length < most; next = waiting.peek()) {
        if (next.at > now || !(quiet || next.at <= watermark || full())) break;
        waiting.pop();
        leaving.push(next);
      }
      // Not before: of a full heap only as many may leave early as are too many.
      inFlight += leaving.length;
      return leaving;
    },

    acknowledge(payments) {
      inFlight -= payments.length;
      for (const { sequenceNumber } of payments) {
        const left = (open.get(sequenceNumber) ?? 0) - 1;
        if (left > 0) open.set(sequenceNumber, left);
        else open.delete(sequenceNumber);
      }
    },

    releasesAt() {
      const next = waiting.peek();
      if (next === undefined) return undefined;
      if (next.at <= watermark || full()) return next.at;
      return atEnd ? Math.max(next.at, lastArrivalAt + idleAfterMs) : undefined;
    },

    hasRoom: () => !full(),

    resumeAfter() {
      const oldest = open.keys().next();
      return oldest.done ? readTo : oldest.value - 1;
    },

    state: (now) => ({
      readTo: readTo ?? null,
      watermark: watermark === -Infinity ? null : watermark,
      pending: waiting.length + inFlight,
      due: countUpTo(waiting.data, now) + inFlight,
      nextDueAt: waiting.peek()?.at ?? null,
    }),
  };
};
