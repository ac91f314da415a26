import { createHash } from 'node:crypto';
import { instant } from '@boxoffice/schemas';
import { z } from 'zod';
import { profileNames, profiles } from './profiles.ts';
import type { FaultRates, VersionMix } from './profiles.ts';

const dayMs = 86_400_000;
const mostBookings = 10_000_000;
const mostRate = 50_000;
const mostSeconds = 31 * 86_400;

/** How long after its payment a refund comes, at most, where a run does not say. */
export const defaultDelayS = 600;

const share = (description: string) => z.number().min(0).max(1).exactOptional().describe(description);
const rate = z.number().min(0).max(mostRate);
const weight = z.number().min(0).max(1_000_000).exactOptional();

const faults = z
  .strictObject({
    duplicates: share('Sent again within a minute, under the same id'),
    redelivered: share('Sent again 25 to 45 minutes later'),
    outOfOrder: share('Sent up to 4 minutes after it was placed'),
    late: share('Sent 10 to 40 minutes after it was placed'),
    malformed: share('Cut off, with a byte that is no UTF-8'),
    unknownVersion: share('Of a version that nobody knows'),
    clockAhead: share('Fifty years ahead'),
    inconsistent: share('With a total that is not that of its items'),
    unknownShow: share('Of a show that is not in the catalogue'),
    orphans: share('Beside which somebody pays for a booking that never comes'),
  } satisfies Record<keyof FaultRates, z.ZodType>)
  .refine(
    ({ malformed = 0, unknownVersion = 0, clockAhead = 0, inconsistent = 0 }) =>
      malformed + unknownVersion + clockAhead + inconsistent <= 1,
    {
      error:
        'expected malformed, unknownVersion, clockAhead and inconsistent to add up to 1 at most: a booking is spoiled in one way',
    },
  )
  .meta({ id: 'Faults', description: 'Shares of the bookings, from 0 to 1, where they are to differ from those of the profile' });

const versions = z
  .strictObject({ 1: weight, 2: weight, 3: weight })
  .refine((mix) => Object.values(mix).some((each) => (each ?? 0) > 0), { error: 'expected a weight above 0' })
  .meta({
    id: 'VersionMix',
    description:
      'Weights of the versions of booking.placed that are written; version 1 only has euros, so others become version 2',
  });

const stage = z
  .strictObject({
    rate: rate.describe('Bookings a second'),
    durationS: z.number().positive().max(mostSeconds).describe('For how many seconds'),
    ramp: z
      .boolean()
      .default(false)
      .describe('Come to the rate evenly over the stage, from that of the stage before (the first from 0), instead of at once'),
  })
  .meta({ id: 'Stage' });

const seed = z.int().describe('Another seed is another world of customers and their choices');
const packing = z.int().min(1).max(100).default(1).describe('Events in one message, at most; 1 sends each alone');

const when = {
  from: instant.exactOptional().describe('When the first booking may be placed; a live run may leave it out, and starts at once'),
  to: instant
    .exactOptional()
    .describe('Of a backfill: when the period ends, at most 366 days after `from`, and no later than now'),
  bookings: z
    .int()
    .min(1)
    .max(mostBookings)
    .exactOptional()
    .describe('How many bookings: of a backfill, or of a live run with a `rate`'),
  rate: z.number().min(0.01).max(mostRate).exactOptional().describe('Of a live run: bookings a second'),
  durationS: z
    .number()
    .positive()
    .max(mostSeconds)
    .exactOptional()
    .describe('Of a live run with a `rate`: for how many seconds; at most 31 days'),
  stages: z
    .array(stage)
    .min(1)
    .max(100)
    .exactOptional()
    .describe('Of a live run: its rates one after the other, at most 31 days in all'),
};

type When = z.output<z.ZodObject<typeof when>>;

// Judged although another field is at fault, so that one answer names them all; what is no date compares as false.
const given = ({ value }: { readonly value: unknown }): boolean => typeof value === 'object' && value !== null;
const list = (value: unknown): readonly { readonly rate?: unknown; readonly durationS?: unknown }[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : [];
const sumOf = (values: readonly unknown[]): number => values.reduce<number>((sum, value) => sum + Number(value), 0);

/** What contradicts itself in when a run is to be, field by field. */
const contradictions = (
  spec: Readonly<Partial<Record<keyof When, unknown>>>,
): [path: keyof When | undefined, message: string][] => {
  const found: [keyof When | undefined, string][] = [];
  const has = (name: keyof When): boolean => spec[name] !== undefined;
  if (has('to')) {
    for (const name of ['rate', 'durationS', 'stages'] as const)
      if (has(name)) found.push([name, 'does not go with `to`: the bookings of a past period are sent as fast as they can be']);
    for (const name of ['from', 'bookings'] as const) if (!has(name)) found.push([name, 'expected with `to`']);
    const lengthMs = Date.parse(String(spec.to)) - Date.parse(String(spec.from));
    if (lengthMs <= 0) found.push(['to', 'expected an instant after `from`']);
    if (lengthMs > 366 * dayMs) found.push(['to', 'expected at most 366 days after `from`']);
    return found;
  }
  if (has('stages')) {
    for (const name of ['rate', 'durationS', 'bookings'] as const)
      if (has(name)) found.push([name, 'does not go with `stages`, which say how many and for how long']);
    const stages = list(spec.stages);
    if (sumOf(stages.map(({ durationS }) => durationS)) > mostSeconds) found.push(['stages', 'expected at most 31 days in all']);
    if (stages.length > 0 && !stages.some((each) => Number(each.rate) !== 0)) found.push(['stages', 'expected a rate above 0']);
    return found;
  }
  if (!has('rate')) {
    const name = has('durationS') ? 'rate' : has('bookings') ? 'to' : undefined;
    found.push([
      name,
      'expected `from`, `to` and `bookings` for a past period, or `stages`, or `rate` with `durationS` or `bookings`',
    ]);
    return found;
  }
  if (has('bookings') === has('durationS'))
    found.push(['durationS', 'expected either `durationS` or `bookings` with `rate`: one says how long, the other how many']);
  if (Number(spec.bookings) / Number(spec.rate) > mostSeconds) found.push(['bookings', 'expected at most 31 days at this rate']);
  return found;
};

const consistent = <Schema extends z.ZodType<When>>(schema: Schema): Schema =>
  schema.superRefine(
    (value, context) => {
      for (const [path, message] of contradictions(value))
        context.addIssue({ code: 'custom', message, path: path === undefined ? [] : [path] });
    },
    { when: given },
  );

const fields = {
  seed,
  profile: z
    .enum(profileNames)
    .default('everyday')
    .describe(`How the world behaves. ${profileNames.map((name) => `${name}: ${profiles[name].summary}`).join('. ')}`),
  faults: faults.exactOptional(),
  versions: versions.exactOptional(),
  maxDelayS: z
    .int()
    .min(1)
    .max(mostSeconds)
    .default(defaultDelayS)
    .describe('How many seconds after a payment its refund comes, at most'),
  packing,
  ...when,
};

/** What goes with what, for readers of the JSON Schema; `contradictions` says it to whoever got it wrong. */
const shapes = [
  { title: 'A past period', required: ['from', 'to', 'bookings'], properties: { rate: false, durationS: false, stages: false } },
  {
    title: 'Live, in stages',
    required: ['stages'],
    properties: { to: false, bookings: false, rate: false, durationS: false },
  },
  {
    title: 'Live, at one rate for a time',
    required: ['rate', 'durationS'],
    properties: { to: false, bookings: false, stages: false },
  },
  {
    title: 'Live, at one rate, so many',
    required: ['rate', 'bookings'],
    properties: { to: false, durationS: false, stages: false },
  },
];

const description =
  'A past period, sent as fast as it can be (`from`, `to`, `bookings`), or live: `stages`, or a `rate` with `durationS` or `bookings`. The same spec gives the same bytes.';
const started = { from: instant.describe('When the first booking may be placed') };

/** A run as it is asked for: as `RunSpec`, but a live one may leave out when it starts. */
export const runRequest = consistent(z.strictObject(fields)).meta({ id: 'RunRequest', description, oneOf: shapes });
/** @see RunSpec */
export const runSpec = z.strictObject({ ...fields, ...started }).meta({ id: 'RunSpec', description });

const orphanDescription =
  'Payments of bookings that never come, one each: of a past period (`from`, `to`, `bookings`), or live: `stages`, or a `rate` with `durationS` or `bookings`.';

/** The same of payments whose bookings never come. */
export const orphanRequest = consistent(z.strictObject({ seed, packing, ...when })).meta({
  id: 'OrphanRunRequest',
  description: orphanDescription,
  oneOf: shapes,
});
/** @see OrphanSpec */
export const orphanSpec = z
  .strictObject({ seed, packing, ...when, ...started })
  .meta({ id: 'OrphanRunSpec', description: orphanDescription });

interface Started {
  /** In UTC. */
  readonly from: string;
}

/**
 * All that a run of synthetic bookings depends on: the same spec gives the same bytes.
 *
 * - Backfill `{ from, to, bookings }`: `bookings` event times spread over [from, to), with a daily rhythm.
 * - Live `{ from, stages }`, `{ from, rate, durationS }` or `{ from, rate, bookings }`: arrivals at these rates from `from` on,
 *   whether or not the ones before have been answered.
 *
 * Instants may be written with any UTC offset and are kept in UTC; a millisecond is the finest unit.
 */
export type RunSpec = z.output<typeof runSpec>;
/** @see orphanRequest */
export type OrphanSpec = z.output<typeof orphanSpec>;
/** When a run is, and how many bookings it has. */
export type Timing = When & Started;

/** The spec of what was asked for at `now` (ms). */
export const specOf = <Request extends When>(request: Request, now: number): Request & Started => ({
  ...request,
  from: request.from ?? new Date(now).toISOString(),
});

/** Whether a run is of a past period, and not live. */
export const isBackfill = ({ to }: When): boolean => to !== undefined;

/** A stretch of a live run, in which the rate goes evenly from one to the other; bookings a second. */
export interface Stretch {
  readonly fromRate: number;
  readonly toRate: number;
  readonly durationS: number;
}

/** The stretches of a live run, one after the other. */
export const stretchesOf = ({ stages, rate: steady = 1, durationS, bookings = 1 }: When): Stretch[] => {
  if (!stages) return [{ fromRate: steady, toRate: steady, durationS: durationS ?? bookings / steady }];
  return stages.map((each, index) => ({
    fromRate: each.ramp ? (stages[index - 1]?.rate ?? 0) : each.rate,
    toRate: each.rate,
    durationS: each.durationS,
  }));
};

/** How many bookings are placed in a stretch. */
export const placedIn = ({ fromRate, toRate, durationS }: Stretch): number => ((fromRate + toRate) / 2) * durationS;

/** The period [from, to) in which a run's bookings leave, in ms, and how many bookings are placed in it. */
export const extentOf = (spec: Timing): { readonly from: number; readonly to: number; readonly bookings: number } => {
  const from = Date.parse(spec.from);
  if (spec.to !== undefined) return { from, to: Date.parse(spec.to), bookings: spec.bookings ?? 1 };
  const stretches = stretchesOf(spec);
  const seconds = stretches.reduce((sum, { durationS }) => sum + durationS, 0);
  const placed = stretches.reduce((sum, stretch) => sum + placedIn(stretch), 0);
  return {
    from,
    to: from + Math.max(1, Math.round(seconds * 1000)),
    bookings: Math.min(mostBookings, spec.bookings ?? Math.max(1, Math.round(placed))),
  };
};

/** The run's id: a hash of its whole spec, its start included, so that no two runs share the id of anything. */
export const runId = (spec: Timing): string => {
  const sorted = Object.entries(spec).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `r${createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 12)}`;
};

/** The id of the booking with this index of a run. */
export const bookingId = (run: string, index: number): string => `${run}-${String(index).padStart(7, '0')}`;

/** The faults of a run: those of its profile, where it does not say otherwise. */
export const faultsOf = ({ profile, faults: own }: RunSpec): FaultRates => ({ ...profiles[profile].faults, ...own });

/** The versions that a run writes. */
export const versionsOf = ({ profile, versions: own }: RunSpec): VersionMix => own ?? profiles[profile].versions;
