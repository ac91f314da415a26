import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { JoinCut, JoinSettings } from '@boxoffice/interval-join';
import { ofEach } from './inputs.ts';
import type { Input } from './inputs.ts';

const count = z.int().min(0);
const ofInputs = <T extends z.ZodType>(each: T) => z.strictObject({ bookings: each, payments: each });
/** A sequence number on each input. */
const positions = ofInputs(z.int().min(-1));
const times = ofInputs(z.number().nullable()).default({ bookings: null, payments: null });

/** What of a pair of partitions must survive a restart; everything else is in the hubs. Times are ms. */
export const pairCheckpoint = z
  .strictObject({
    /** Grows each time the pair gets an owner. */
    generation: count,
    /** Under which settings this was written: under others the outputs would be others. */
    settings: z.string(),
    /** The last sequence number read of each input, all of whose outputs have been acknowledged; -1 for none. */
    readTo: positions,
    /** The first sequence number to read again after a restart. */
    replayFrom: positions,
    /** Up to here the ledger has counted: beyond `readTo` only while the past is being read again on purpose. */
    knownTo: positions.optional(),
    /** The joined watermark; null while an input has not been heard of. */
    closedTo: z.number().nullable(),
    /** The highest event time read of each input. */
    newest: times,
    /** A message that was read, the last as a rule: another time of the broker there later means another hub. */
    probe: ofInputs(z.strictObject({ sequenceNumber: count, enqueuedAt: z.number() }).nullable()).default({
      bookings: null,
      payments: null,
    }),
    /** Grows when a hub is not the one that it was: positions of two epochs do not compare. */
    epoch: count.default(0),
    /** All that lies before `replayFrom` has event times below this; null while nothing does. */
    floor: z.number().nullable().default(null),
    /** Windows that closed before this have been told of, by whoever read the past before it was read again on purpose. */
    toldTo: z.number().nullable().default(null),
    /** Events up to this time may have been lost, so nobody can say of their partners that they have none. */
    lostTo: times,
    /** Nothing before this sequence number could be read: an owner that begins here has to find out up to what time. */
    lostBefore: ofInputs(count.nullable()).default({ bookings: null, payments: null }),
    ledger: z.strictObject({
      received: count,
      opened: count,
      payments: count,
      refunds: count,
      duplicate: count,
      late: count,
      quarantined: count,
      lost: count.default(0),
    }),
    outputs: z.strictObject({ matched: count, bookingUnmatched: count, paymentUnmatched: count }),
  })
  .transform((checkpoint) => ({ ...checkpoint, knownTo: checkpoint.knownTo ?? checkpoint.readTo }));

/** @see pairCheckpoint */
export type PairCheckpoint = z.infer<typeof pairCheckpoint>;

/** What decides which outputs the inputs give, all in ms. */
export interface PairSettings extends JoinSettings {
  /** An event time further than this ahead of the broker's clock is a wrong clock, and is quarantined. */
  readonly skewMs: number;
}

/** A name for the settings, to tell whether they have changed. */
const settingsHash = ({ beforeMs, afterMs, boundMs, skewMs }: PairSettings): string =>
  createHash('sha256')
    .update(JSON.stringify([beforeMs, afterMs, boundMs, skewMs]))
    .digest('hex')
    .slice(0, 16);

/** Where a pair begins that nobody has joined before. */
export const freshCheckpoint = (settings: PairSettings): PairCheckpoint =>
  pairCheckpoint.parse({
    generation: 0,
    settings: settingsHash(settings),
    readTo: { bookings: -1, payments: -1 },
    replayFrom: { bookings: 0, payments: 0 },
    closedTo: null,
    ledger: { received: 0, opened: 0, payments: 0, refunds: 0, duplicate: 0, late: 0, quarantined: 0 },
    outputs: { matched: 0, bookingUnmatched: 0, paymentUnmatched: 0 },
  });

/**
 * A pair that reads the past again, aloud, from these positions on or from where it would have to after a restart, whichever is
 * earlier. What it counted stays counted, and is not counted again.
 */
export const rewound = (found: PairCheckpoint, from: Readonly<Record<Input, number>>): PairCheckpoint => {
  const replayFrom = ofEach((input) => Math.max(0, Math.min(found.replayFrom[input], from[input])));
  // What lies before it may be the partner of what is read again. Its times are below the floor, for it lies before the old
  // beginning, too; so whoever could miss it has closed long ago, and has been told of.
  const before = found.floor === null ? null : found.floor - 1;
  return {
    ...found,
    replayFrom,
    readTo: ofEach((input) => replayFrom[input] - 1),
    lostTo: ofEach((input) =>
      replayFrom[input] > 0 && before !== null ? Math.max(before, found.lostTo[input] ?? before) : found.lostTo[input],
    ),
    toldTo: found.closedTo === null ? found.toldTo : Math.max(found.closedTo, found.toldTo ?? found.closedTo),
    closedTo: null,
  };
};

/**
 * Where a new owner of the pair begins. Under changed settings what is still open has to be decided anew, so everything from
 * `replayFrom` on is read as if for the first time, and emits again.
 */
export const claimed = (found: PairCheckpoint, settings: PairSettings): PairCheckpoint => {
  const next = { ...found, generation: found.generation + 1, settings: settingsHash(settings) };
  return found.settings === next.settings ? next : rewound(next, found.replayFrom);
};

const sides = <T>({ bookings, payments }: Readonly<Record<Input, T>>) => ({ left: bookings, right: payments });

/** The join's own part of a checkpoint. */
export const joinCutOf = ({ readTo, replayFrom, knownTo, closedTo, newest }: PairCheckpoint): JoinCut => ({
  readTo: sides(readTo),
  replayFrom: sides(replayFrom),
  knownTo: sides(knownTo),
  closedTo,
  newest: sides(newest),
});
