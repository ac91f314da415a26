import type { BookingPlaced } from '@boxoffice/schemas';
import { placements } from './bookings.ts';
import { hash32, mix32, random, whole } from './random.ts';
import { extentOf } from './run-spec.ts';
import type { RunSpec } from './run-spec.ts';

/** An event and when it leaves, in ms: at its event time, or a little later when it is a repetition. */
export interface Send<Event> {
  readonly at: number;
  readonly event: Event;
  /** The same event, id and bytes, left before. */
  readonly repeat: boolean;
}

/** A repetition follows within this time. */
export const repeatWithinMs = 60_000;

/** How much later the event of this id is sent again; undefined for most, who are sent once. */
export const repeatDelayMs = (seed: string, id: string, rate: number): number | undefined => {
  const draw = random(mix32(hash32(seed), hash32(id)));
  return draw() < rate ? whole(draw, 1_000, repeatWithinMs) : undefined;
};

/**
 * All that a run publishes, repetitions included, in the order of `at`. No repetition leaves after the end of the run's period.
 * Memory: the repetitions of one minute.
 */
export function* bookingSends(spec: RunSpec): Generator<Send<BookingPlaced>> {
  const seed = `${spec.profile}:${spec.seed}:repeat`;
  const lastAt = extentOf(spec).to - 1;
  const waiting: Send<BookingPlaced>[] = [];
  for (const { at, event } of placements(spec)) {
    for (let next = waiting[0]; next !== undefined && next.at <= at; next = waiting[0]) {
      yield next;
      waiting.shift();
    }
    yield { at, event, repeat: false };
    const delayMs = repeatDelayMs(seed, event.id, spec.duplicates);
    if (delayMs === undefined) continue;
    const again = { at: Math.min(lastAt, at + delayMs), event, repeat: true };
    const place = waiting.findLastIndex((each) => each.at <= again.at) + 1;
    waiting.splice(place, 0, again);
  }
  yield* waiting;
}
