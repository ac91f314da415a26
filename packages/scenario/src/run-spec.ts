import { createHash } from 'node:crypto';
import { z } from 'zod';

const dayMs = 86_400_000;

const toUtc = (value: string): string => {
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? value : date.toISOString();
};

const instant = z.iso.datetime({ offset: true }).overwrite(toUtc);
const start = instant.describe('When the first booking may be placed');

const common = {
  seed: z.int().describe('Another seed is another world of customers and their choices'),
  profile: z.enum(['everyday']).default('everyday').describe('How customers behave'),
  duplicates: z.number().min(0).max(1).default(0.01).describe('The share of bookings that are sent twice'),
};

// Judged although another field is at fault, so that one answer names them all; what is no date compares as false.
const given = ({ value }: { readonly value: unknown }): boolean => typeof value === 'object' && value !== null;
const periodMs = ({ from, to }: { readonly from: string; readonly to: string }): number => Date.parse(to) - Date.parse(from);

const backfillSpec = z
  .strictObject({
    ...common,
    from: start,
    bookings: z.int().min(1).max(10_000_000).describe('How many bookings'),
    to: instant.describe('When the period ends: at most 366 days after `from`, and no later than now'),
  })
  .refine((spec) => !(periodMs(spec) <= 0), { path: ['to'], error: 'expected an instant after `from`', when: given })
  .refine((spec) => !(periodMs(spec) > 366 * dayMs), {
    path: ['to'],
    error: 'expected at most 366 days after `from`',
    when: given,
  })
  .meta({ id: 'BackfillRun', description: 'A past period, as fast as it can be sent' });

const livePace = {
  ...common,
  rate: z.number().min(0.01).max(50_000).describe('Bookings a second'),
  durationS: z.int().min(1).max(2_678_400).describe('For how many seconds; at most 31 days'),
};

const liveSpec = z
  .strictObject({ ...livePace, from: start })
  .meta({ id: 'LiveRun', description: 'Bookings placed as time goes on, at a steady rate' });

/**
 * All that a run of synthetic bookings depends on: the same spec gives the same bytes.
 *
 * - Backfill `{ seed, profile?, from, to, bookings, duplicates? }`: `bookings` event times spread over [from, to), with a daily rhythm.
 * - Live `{ seed, profile?, from, rate, durationS, duplicates? }`: `rate` a second for `durationS` seconds from `from` on.
 *
 * Instants may be written with any UTC offset and are kept in UTC; a millisecond is the finest unit.
 */
export const runSpec = z.union([backfillSpec, liveSpec]);

const liveRequest = z
  .strictObject({ ...livePace, from: start.exactOptional() })
  .meta({ id: 'LiveRunRequest', description: 'As LiveRun; without `from` it starts when it is asked for' });

/** A run as it is asked for: as `runSpec`, but a live one may leave out when it starts. */
export const runRequest = z.union([backfillSpec, liveRequest]);

/** The spec of what was asked for at `now` (ms). */
export const specOf = (request: z.output<typeof runRequest>, now: number): RunSpec =>
  'bookings' in request ? request : { ...request, from: request.from ?? new Date(now).toISOString() };

/** A period in the past, sent as fast as it can be. */
export type BackfillSpec = z.output<typeof backfillSpec>;
/** A steady rate from an instant on. */
export type LiveSpec = z.output<typeof liveSpec>;
/** @see runSpec */
export type RunSpec = BackfillSpec | LiveSpec;

/** The period [from, to) of a run's event times, in ms, and how many bookings are placed in it. */
export const extentOf = (spec: RunSpec): { readonly from: number; readonly to: number; readonly bookings: number } => {
  const first = Date.parse(spec.from);
  if ('bookings' in spec) return { from: first, to: Date.parse(spec.to), bookings: spec.bookings };
  return { from: first, to: first + spec.durationS * 1000, bookings: Math.max(1, Math.round(spec.rate * spec.durationS)) };
};

/** The run's id: a hash of its whole spec, its start included, so that no two runs share the id of anything. */
export const runId = (spec: RunSpec): string => {
  const { seed, profile, duplicates } = spec;
  const shape = 'bookings' in spec ? ['backfill', spec.bookings, spec.to] : ['live', spec.rate, spec.durationS];
  const text = JSON.stringify([seed, profile, spec.from, duplicates, ...shape]);
  return `r${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
};
