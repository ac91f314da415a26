import type { BookingPlaced, PaymentProcessed } from '@boxoffice/schemas';
import { hash32, mix32, oneOf, random, weighted, whole } from './random.ts';
import type { Random } from './random.ts';
import { repeatWithinMs } from './sends.ts';

type Method = PaymentProcessed['data']['method'];

/** What becomes of a booking, decided before any event of it exists. */
export interface Paying {
  readonly method: Method;
  /** How long after the booking each declined attempt comes, and why it is declined. */
  readonly declines: readonly { readonly delayMs: number; readonly reason: string }[];
  readonly outcome: 'captured' | 'captured-late' | 'declined' | 'refunded' | 'partially-refunded';
  /** How long after the booking the money comes; null if it never does. */
  readonly captureDelayMs: number | null;
  /** How long after the booking money goes back, and how much; null if none does. */
  readonly refund: { readonly delayMs: number; readonly amountMinor: number } | null;
}

const minuteMs = 60_000;
/** Whoever pays in time pays within this time, however long the hold is. */
const inTimeMs = 15 * minuteMs;
const lateMs = 5 * minuteMs;
const refundMs = 10 * minuteMs;

/** No payment of a booking leaves later than this after the booking's event time. */
export const lastPaymentDelayMs = inTimeMs + Math.max(lateMs, refundMs) + repeatWithinMs;

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
const pickOutcome = weighted<Paying['outcome']>([
  ['captured', 93],
  ['declined', 3],
  ['captured-late', 2],
  ['refunded', 1],
  ['partially-refunded', 1],
]);
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
const possible = (outcome: Paying['outcome'], holdMs: number, totalMinor: number): Paying['outcome'] => {
  if (outcome === 'captured-late' && holdMs > inTimeMs) return 'captured';
  if ((outcome === 'refunded' || outcome === 'partially-refunded') && totalMinor < 2) return 'captured';
  return outcome;
};

/**
 * How a booking is paid, drawn from the booking alone: from its `scenario` (or, where it has none, its own id) and its id.
 * Everyday: 93 % are captured in time, 2 % after the hold, 3 % declined for good, 2 % captured and then refunded, half of those
 * in part; of those who pay, every twelfth is declined first. `undefined` for the scenario `none`.
 */
export const payingOf = ({ subject, time, scenario, data }: BookingPlaced): Paying | undefined => {
  if (scenario === 'none') return undefined;
  const draw = random(mix32(hash32(scenario ?? subject), hash32(subject)));
  const holdMs = Date.parse(data.holdExpiresAt) - Date.parse(time);
  const outcome = possible(pickOutcome(draw), holdMs, data.totalMinor);
  const method = pickMethod(draw);
  const promptMs = Math.min(promptDelayMs(draw), holdMs);
  const lastMs = outcome === 'captured-late' ? holdMs + whole(draw, minuteMs / 2, lateMs) : promptMs;
  if (outcome === 'declined') {
    const retries = declinesBefore(draw, whole(draw, 0, 2), lastMs);
    return {
      method,
      outcome,
      captureDelayMs: null,
      refund: null,
      declines: [...retries, { delayMs: lastMs, reason: pickReason(draw) }],
    };
  }
  const declines = declinesBefore(draw, draw() < 1 / 12 ? oneOf(draw, [1, 1, 2]) : 0, lastMs);
  const paid = { method, outcome, captureDelayMs: lastMs, declines };
  const delayMs = lastMs + whole(draw, minuteMs / 2, refundMs);
  if (outcome === 'refunded') return { ...paid, refund: { delayMs, amountMinor: data.totalMinor } };
  if (outcome !== 'partially-refunded') return { ...paid, refund: null };
  return { ...paid, refund: { delayMs, amountMinor: Math.max(1, Math.floor(data.totalMinor * (0.2 + draw() * 0.6))) } };
};
