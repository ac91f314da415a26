import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { JoinSettings } from '@boxoffice/interval-join';

const count = z.int().min(0);
/** A sequence number on each input. */
const positions = z.strictObject({ bookings: z.int().min(-1), payments: z.int().min(-1) });

/** What of a pair of partitions must survive a restart; everything else is in the hubs. */
export const pairCheckpoint = z.strictObject({
  /** Grows each time the pair gets an owner. */
  generation: count,
  /** Under which settings this was written: under others the outputs would be others. */
  settings: z.string(),
  /** The last sequence number read of each input, all of whose outputs have been acknowledged; -1 for none. */
  readTo: positions,
  /** The first sequence number to read again after a restart. */
  replayFrom: positions,
  /** The joined watermark, ms; null while an input has not been heard of. */
  closedTo: z.number().nullable(),
  ledger: z.strictObject({
    received: count,
    opened: count,
    payments: count,
    refunds: count,
    duplicate: count,
    late: count,
    quarantined: count,
  }),
  outputs: z.strictObject({ matched: count, bookingUnmatched: count, paymentUnmatched: count }),
});

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
export const freshCheckpoint = (settings: PairSettings): PairCheckpoint => ({
  generation: 0,
  settings: settingsHash(settings),
  readTo: { bookings: -1, payments: -1 },
  replayFrom: { bookings: 0, payments: 0 },
  closedTo: null,
  ledger: { received: 0, opened: 0, payments: 0, refunds: 0, duplicate: 0, late: 0, quarantined: 0 },
  outputs: { matched: 0, bookingUnmatched: 0, paymentUnmatched: 0 },
});

/**
 * Where a new owner of the pair begins. Under changed settings what is still open has to be decided anew, so everything from
 * `replayFrom` on is read as if for the first time, and emits again.
 */
export const claimed = (found: PairCheckpoint, settings: PairSettings): PairCheckpoint => {
  const generation = found.generation + 1;
  const { replayFrom } = found;
  if (found.settings === settingsHash(settings)) return { ...found, generation };
  const readTo = { bookings: replayFrom.bookings - 1, payments: replayFrom.payments - 1 };
  return { ...found, generation, settings: settingsHash(settings), readTo };
};
