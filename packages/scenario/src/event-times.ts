import type { RunSpec } from './run-spec.ts';
import { extentOf } from './run-spec.ts';

const hourMs = 3_600_000;

/** How busy each hour of the day is (UTC), beside the others. */
const rhythm = [3, 2, 1, 1, 1, 2, 4, 6, 9, 12, 12, 11, 13, 11, 10, 10, 11, 13, 17, 20, 19, 15, 9, 5];

const busyAt = (ms: number): number => rhythm[new Date(ms).getUTCHours()] ?? 1;

/**
 * Makes the way from a share of a run's bookings (0 to 1, asked in ascending order) to the instant (ms) by which that share has
 * been placed. Evenly when live; in a backfill the hours of the day have their rhythm. Always within [from, to).
 */
export const eventTimes = (spec: RunSpec): ((share: number) => number) => {
  const { from, to } = extentOf(spec);
  const within = (at: number): number => Math.min(to - 1, Math.floor(at));
  if (!('bookings' in spec)) return (share) => within(from + share * (to - from));

  const hourEnd = (at: number): number => Math.min(to, (Math.floor(at / hourMs) + 1) * hourMs);
  let total = 0;
  for (let at = from; at < to; at = hourEnd(at)) total += busyAt(at) * (hourEnd(at) - at);

  let hour = from;
  let before = 0;
  return (share) => {
    const wanted = share * total;
    let inHour = busyAt(hour) * (hourEnd(hour) - hour);
    while (wanted >= before + inHour && hourEnd(hour) < to) {
      before += inHour;
      hour = hourEnd(hour);
      inHour = busyAt(hour) * (hourEnd(hour) - hour);
    }
    return within(hour + (wanted - before) / busyAt(hour));
  };
};
