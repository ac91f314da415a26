import { lastPaymentDelayMs } from '@boxoffice/scenario';

/** How long after its payment a refund comes, at most, in the runs that are started here. */
export const maxDelayS = 600;
/** How long after its booking the last payment leaves, at most. */
export const paidWithinMs = lastPaymentDelayMs({ maxDelayS });

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** After the last payment its window has to close, and the tick that closes it stays behind the clock: 2 + 5 minutes, and some. */
const settledAfterMs = 10 * minuteMs;

/** A period of event time, in ms. */
export interface Period {
  readonly from: number;
  readonly to: number;
  /** The hubs have come so far already that what is published for this period is late. It counts all the same. */
  readonly late: boolean;
}

/** When the last window of a period has closed: after its last booking's last payment, which may lie 2 minutes before its booking. */
export const lastCloseOf = ({ to }: Period): number => to + paidWithinMs + 2 * minuteMs;

/**
 * The period of a run whose last deadline has passed by `now`: a day, a week ago, or from where the hubs' watermark stands, so
 * that the next run has a period of its own too. The nearer the watermark is to now, the shorter; when there is no room left,
 * an hour that is late.
 */
export const finishedPeriod = (now: number, watermark: number | undefined): Period => {
  const end = now - paidWithinMs - settledAfterMs;
  const from = watermark ?? now - 7 * dayMs;
  const room = end - from;
  if (room < 2 * minuteMs) return { from: end - hourMs, to: end, late: true };
  return { from, to: Math.floor(from + Math.min(dayMs, room / 2)), late: false };
};

/** The last day up to `now`, or what of it the watermark has left; undefined when that is less than a minute. */
export const lastDay = (now: number, watermark: number | undefined): Period | undefined => {
  const from = Math.max(now - dayMs, watermark ?? -Infinity);
  return now - from < minuteMs ? undefined : { from, to: now, late: false };
};
