import type { Input } from './inputs.ts';
import type { PairStatus } from './pair.ts';

/** When an idle input may be told that it is complete, in ms. */
export interface TickSettings {
  /** How long an input must have been caught up without anything new. */
  readonly idleAfterMs: number;
  /** How far behind the clock a tick stays, for events that are still on their way. */
  readonly tickToleranceMs: number;
}

/**
 * The time to declare an idle input complete up to, in ms; undefined when there is nothing to say: it was never heard of, nothing
 * is open, or it has come as far already. It never goes beyond what closes the last open window, so that a stream which rests
 * does not make late what a backfill brings later.
 */
export const tickTime = (
  watermarks: PairStatus['watermarks'],
  lastClose: number | undefined,
  input: Input,
  now: number,
  { tickToleranceMs }: Pick<TickSettings, 'tickToleranceMs'>,
): number | undefined => {
  if (watermarks[input] === -Infinity || lastClose === undefined) return undefined;
  const time = Math.min(now - tickToleranceMs, lastClose + 1);
  return time > watermarks[input] ? time : undefined;
};
