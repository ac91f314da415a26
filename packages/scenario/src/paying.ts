import type { BookingPlaced, PaymentProcessed } from '@boxoffice/schemas';
import { longestWayMs } from './fates.ts';
import { hash32, mix32, oneOf, random, weighted, whole } from './random.ts';
import type { Profile } from './profiles.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

type Method = PaymentProcessed['data']['method'];

/** What can become of a booking. */
export type Outcome =
  | 'captured'
  | 'captured-late'
  | 'declined'
  | 'refunded'
  | 'partially-refunded'
  /** Captured twice. */
  | 'overpaid'
  /** Nobody ever tries to pay. */
  | 'abandoned';

/** What becomes of a booking, decided before any event of it exists. */
export interface Paying {
  readonly method: Method;
  readonly outcome: Outcome;
  /** How long after the booking each declined attempt comes, and why it is declined. */
  readonly declines: readonly { readonly delayMs: number; readonly reason: string }[];
  /** How long after the booking each capture comes: none, one, or two. */
  readonly captures: readonly number[];
  /** How long after the booking money goes back, and how much; null if none does. */
  readonly refund: { readonly delayMs: number; readonly amountMinor: number } | null;
}

const minuteMs = 60_000;
/** Whoever pays in time pays within this time, however long the hold is. */
const inTimeMs = 15 * minuteMs;
const lateMs = 5 * minuteMs;
/** Whoever captures twice does so within this time. */
const againMs = 3 * minuteMs;

/** No payment of a booking leaves later than this after the booking's event time, where refunds take `maxDelayS` at most. */
export const lastPaymentDelayMs = ({ maxDelayS }: { readonly maxDelayS: number }): number =>
  inTimeMs + Math.max(lateMs, againMs, 1000 * maxDelayS) + 2 * longestWayMs;

const pickMethod = weighted<Method>([
  ['card', 58],
  ['paypal', 17],
  ['apple-pay', 10],
  ['google-pay', 7],
  ['bank-transfer', 5],
  ['voucher', 3],
]);
const pickReason = weighted([
  ['insufficient-funds', 45],
  ['card-expired', 15],
  ['authentication-failed', 20],
  ['suspected-fraud', 8],
  ['issuer-unavailable', 12],
]);
const outcomePickers = new WeakMap<Profile, (draw: Random) => Outcome>();
const pickOutcome = (draw: Random, profile: Profile): Outcome => {
  let pick = outcomePickers.get(profile);
  if (!pick) {
    const { captured, declined, abandoned, overpaid, refunded } = profile.outcomes;
    pick = weighted<Outcome>([
      ['captured', captured],
      ['declined', declined],
      ['captured-late', profile.outcomes['captured-late']],
      ['refunded', refunded],
      ['partially-refunded', profile.outcomes['partially-refunded']],
      ['overpaid', overpaid],
      ['abandoned', abandoned],
    ]);
    outcomePickers.set(profile, pick);
  }
  return pick(draw);
};
const pickMinutes = weighted<readonly [from: number, to: number]>([
  [[1, 6], 86],
  [[0.15, 1], 9],
  [[6, 14], 5],
]);

const promptDelayMs = (draw: Random): number => {
  const [from, to] = pickMinutes(draw);
  return whole(draw, from * minuteMs, to * minuteMs);
};

/** `count` declined attempts before the one at `lastMs`, evenly apart. */
const declinesBefore = (draw: Random, count: number, lastMs: number): Paying['declines'] =>
  Array.from({ length: count }, (_, index) => ({
    delayMs: Math.floor((lastMs * (index + 1)) / (count + 1)),
    reason: pickReason(draw),
  }));

/** What can happen to this booking: one held for long is not paid late while we watch, and of next to nothing no part goes back. */
const possible = (outcome: Outcome, holdMs: number, totalMinor: number): Outcome => {
  if (outcome === 'captured-late' && holdMs > inTimeMs) return 'captured';
  if ((outcome === 'refunded' || outcome === 'partially-refunded') && totalMinor < 2) return 'captured';
  return outcome;
};

/** How a booking is paid in its world, drawn from the booking's id. */
export const payingOf = ({ subject, time, data }: BookingPlaced, { profile, seed, maxDelayMs }: World): Paying => {
  const draw = random(mix32(hash32(seed), hash32(subject)));
  const holdMs = Date.parse(data.holdExpiresAt) - Date.parse(time);
  const outcome = possible(pickOutcome(draw, profile), holdMs, data.totalMinor);
  const method = pickMethod(draw);
  const promptMs = Math.min(promptDelayMs(draw), holdMs);
  const lastMs = outcome === 'captured-late' ? holdMs + whole(draw, minuteMs / 2, lateMs) : promptMs;
  const tries = { method, outcome, declines: [], captures: [], refund: null };
  if (outcome === 'abandoned') return tries;
  if (outcome === 'declined') {
    const retries = declinesBefore(draw, whole(draw, 0, 2), lastMs);
    return { ...tries, declines: [...retries, { delayMs: lastMs, reason: pickReason(draw) }] };
  }
  const declines = declinesBefore(draw, draw() < profile.retries ? oneOf(draw, [1, 1, 2]) : 0, lastMs);
  const paid = { ...tries, declines, captures: [lastMs] };
  switch (outcome) {
    case 'captured':
    case 'captured-late':
      return paid;
    case 'overpaid':
      return { ...paid, captures: [lastMs, lastMs + whole(draw, 1000, againMs)] };
    case 'refunded':
    case 'partially-refunded': {
      // As many come back within the first tenth of the time as within the rest of it.
      const delayMs = lastMs + Math.max(1, Math.floor(maxDelayMs * draw() ** 3));
      const share = outcome === 'refunded' ? 1 : 0.2 + draw() * 0.6;
      return { ...paid, refund: { delayMs, amountMinor: Math.max(1, Math.floor(data.totalMinor * share)) } };
    }
    default:
      return outcome satisfies never;
  }
};
