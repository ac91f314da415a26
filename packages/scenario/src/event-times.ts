import { profiles } from './profiles.ts';
import { extentOf, isBackfill, placedIn, stretchesOf } from './run-spec.ts';
import type { ProfileName } from './profiles.ts';
import type { Timing } from './run-spec.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** How busy each hour of the day is (UTC), beside the others. */
const rhythm = [3, 2, 1, 1, 1, 2, 4, 6, 9, 12, 12, 11, 13, 11, 10, 10, 11, 13, 17, 20, 19, 15, 9, 5];

/** When shows go on sale: at this time of each day. */
const onSaleHourMs = 10 * hourMs;
/** How much busier the first minute of a sale is than that hour is without, and how fast that goes by. */
const burst = { times: 25, fadesInMs: 20 * minuteMs, lastsMs: 2 * hourMs };

/** How much is asked for what went on sale so long ago, beside everything else. */
const askingFor = (sinceMs: number): number =>
  sinceMs < 0 || sinceMs >= burst.lastsMs ? 0 : burst.times * Math.exp(-sinceMs / burst.fadesInMs);

const sinceDailySale = (at: number): number => (((at - onSaleHourMs) % dayMs) + dayMs) % dayMs;

/** How much of the asking at an instant is for what has just gone on sale, from 0 to 1. A live run begins with a sale. */
export const onSaleShare = (at: number, { from }: Timing, backfill: boolean): number => {
  const asking = askingFor(backfill ? sinceDailySale(at) : at - Date.parse(from));
  return asking / (1 + asking);
};

/** A stretch of time that is as busy at its end as at its start, and how busy that is. */
interface Piece {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
}

function* piecesOf(from: number, to: number, bursts: boolean): Generator<Piece> {
  // Five minutes follow the fading of a burst closely enough; without one an hour is alike.
  const step = bursts ? 5 * minuteMs : hourMs;
  for (let at = from; at < to;) {
    const end = Math.min(to, (Math.floor(at / step) + 1) * step);
    const busier = bursts ? 1 + askingFor(sinceDailySale(at)) : 1;
    yield { from: at, to: end, weight: (rhythm[new Date(at).getUTCHours()] ?? 1) * busier * (end - at) };
    at = end;
  }
}

/** How far into a stretch (s) its first `count` bookings take. */
const secondsFor = (count: number, fromRate: number, toRate: number, durationS: number): number => {
  const slope = (toRate - fromRate) / durationS;
  // Of slope/2 t^2 + fromRate t = count, in the form that does not divide by the slope.
  const root = Math.sqrt(Math.max(0, fromRate * fromRate + 2 * slope * count));
  return fromRate + root === 0 ? durationS : (2 * count) / (fromRate + root);
};

/**
 * Makes the way from a share of a run's bookings (0 to 1, asked in ascending order) to the instant (ms) by which that share has
 * been placed: at the rates of a live run; in a backfill by the rhythm of the day, and the bursts of its profile. Always within
 * [from, to).
 */
export const eventTimes = (spec: Timing & { readonly profile: ProfileName }): ((share: number) => number) => {
  const { from, to } = extentOf(spec);
  const within = (at: number): number => Math.min(to - 1, Math.floor(at));
  let before = 0;
  if (isBackfill(spec)) {
    const { bursts } = profiles[spec.profile];
    let total = 0;
    for (const { weight } of piecesOf(from, to, bursts)) total += weight;
    const pieces = piecesOf(from, to, bursts);
    let piece = pieces.next();
    return (share) => {
      const wanted = share * total;
      while (!piece.done && piece.value.to < to && wanted >= before + piece.value.weight) {
        before += piece.value.weight;
        piece = pieces.next();
      }
      if (piece.done) return to - 1;
      const { from: start, to: end, weight } = piece.value;
      return within(start + ((wanted - before) / weight) * (end - start));
    };
  }

  const stretches = stretchesOf(spec);
  const total = stretches.reduce((sum, stretch) => sum + placedIn(stretch), 0);
  let index = 0;
  let startS = 0;
  return (share) => {
    const wanted = share * total;
    for (let stretch = stretches[index]; stretch && index < stretches.length - 1; stretch = stretches[index]) {
      if (wanted < before + placedIn(stretch)) break;
      before += placedIn(stretch);
      startS += stretch.durationS;
      index += 1;
    }
    const { fromRate, toRate, durationS } = stretches[index] ?? { fromRate: 1, toRate: 1, durationS: 1 };
    return within(from + 1000 * (startS + Math.min(durationS, secondsFor(wanted - before, fromRate, toRate, durationS))));
  };
};
