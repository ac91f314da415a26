import type { Instant } from '@boxoffice/warehouse';
import { invalidQuery } from './invalid-query.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** What a report covers: whole units before the running one when nothing is asked, and how much may be asked at once. */
interface RangeRule {
  readonly of: string;
  readonly unitMs: number;
  readonly defaultUnits: number;
  readonly mostDays: number;
}

export const rangeRules = {
  hour: { of: 'hour buckets cover', unitMs: hourMs, defaultUnits: 24, mostDays: 31 },
  day: { of: 'day buckets cover', unitMs: dayMs, defaultUnits: 30, mostDays: 366 },
  funnel: { of: 'the funnel covers', unitMs: hourMs, defaultUnits: 24, mostDays: 366 },
} as const satisfies Record<string, RangeRule>;

export interface AskedRange {
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  readonly run?: string | undefined;
}

const earliestMs = Date.parse('0001-01-01T00:00:00Z');

/**
 * The range that a report covers, `from <= placedAt < to`.
 *
 * - A run without `from` and `to` is covered whole: both stay open.
 * - Else `to` is `nowMs`, and `from` lies the rule's default before the start of the unit that `to` ends in, so that no bucket but
 *   the running one is cut.
 *
 * @throws Problem 400 when `from` is not before `to`, or when the range is longer than the rule allows.
 */
export const coveredRange = (
  { from, to, run }: AskedRange,
  rule: RangeRule,
  nowMs: number,
): { readonly from?: Instant; readonly to?: Instant } => {
  if (run !== undefined && from === undefined && to === undefined) return {};
  const { of, unitMs, defaultUnits, mostDays } = rule;
  const toMs = to === undefined ? nowMs : Date.parse(to);
  const defaultFromMs = Math.floor(toMs / unitMs) * unitMs - defaultUnits * unitMs;
  const fromMs = from === undefined ? Math.max(defaultFromMs, earliestMs) : Date.parse(from);
  const range = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
  const end = to === undefined ? `${range.to} (now)` : range.to;
  if (fromMs >= toMs) throw invalidQuery({ [from === undefined ? 'to' : 'from']: `from ${range.from} is not before to ${end}` });
  if (toMs - fromMs > mostDays * dayMs) {
    throw invalidQuery({ from: `${of} at most ${mostDays} days; from ${range.from} to ${end} is longer` });
  }
  return range;
};
