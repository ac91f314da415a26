import type { Input, PairStatus } from './pair.ts';

/** How far, in ms of event time, an input may be ahead of one that has more to read. */
export interface AlignmentSettings {
  readonly alignmentMs: number;
}

/**
 * Whether `input` has to wait for the other, so that what is open is bounded by the window and not by the backlog. The input that
 * holds the watermark never waits, and one that is caught up never makes the other wait; so results do not depend on this.
 */
export const mustWait = (
  watermarks: PairStatus['watermarks'],
  input: Input,
  otherCaughtUp: boolean,
  { alignmentMs }: AlignmentSettings,
): boolean => {
  const other = input === 'bookings' ? 'payments' : 'bookings';
  if (otherCaughtUp || watermarks[input] === -Infinity) return false;
  return watermarks[input] > watermarks[other] + alignmentMs;
};
