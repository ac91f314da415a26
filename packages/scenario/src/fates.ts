import { hash32, mix32, random, whole } from './random.ts';
import type { Random } from './random.ts';
import type { FaultRates } from './profiles.ts';

const minuteMs = 60_000;

/** The ways in which an event can be spoiled, so that it is quarantined. */
const spoils = ['malformed', 'unknownVersion', 'clockAhead', 'inconsistent'] as const;
/** One of them. */
export type Spoil = (typeof spoils)[number];

/** What happens to one event on its way. */
export interface Fate {
  readonly spoil: Spoil | undefined;
  /** How long after it happened it is sent. */
  readonly heldUpMs: number;
  /** How long after it was sent it is sent again; undefined for most, who are sent once. */
  readonly repeatAfterMs: number | undefined;
}

/** Nothing is sent later than this after it happened, or again later than this after it was sent. */
export const longestWayMs = 45 * minuteMs;

/** The fate of most. */
const untroubled: Fate = { spoil: undefined, heldUpMs: 0, repeatAfterMs: undefined };

const pickSpoil = (draw: Random, rates: FaultRates): Spoil | undefined => {
  let point = draw();
  for (const spoil of spoils) {
    if (point < rates[spoil]) return spoil;
    point -= rates[spoil];
  }
  return undefined;
};

/** Draws what happens to an event. What is spoiled is sent once: it is its bytes that count, and not an id. */
export const drawFate = (draw: Random, rates: FaultRates): Fate => {
  const spoil = pickSpoil(draw, rates);
  const order = draw();
  const again = draw();
  if (spoil !== undefined) return { ...untroubled, spoil };
  const heldUpMs =
    order < rates.late
      ? whole(draw, 10 * minuteMs, 40 * minuteMs)
      : order < rates.late + rates.outOfOrder
        ? whole(draw, 1, 4 * minuteMs)
        : 0;
  const repeatAfterMs =
    again < rates.redelivered
      ? whole(draw, 25 * minuteMs, longestWayMs)
      : again < rates.redelivered + rates.duplicates
        ? whole(draw, 1000, minuteMs)
        : undefined;
  return heldUpMs === 0 && repeatAfterMs === undefined ? untroubled : { spoil, heldUpMs, repeatAfterMs };
};

/** The fate of the event with this id, in the world of `seed`. */
export const fateOf = (seed: string, id: string, rates: FaultRates): Fate =>
  drawFate(random(mix32(hash32(`${seed}:fate`), hash32(id))), rates);
