import { memoryMbOf } from '../figures.ts';
import { fill, isCovered } from './fill.ts';
import { startJoiner, untilFound } from './joiner-process.ts';
import type { JoinerProcess } from './joiner-process.ts';
import { startSurroundings } from './surroundings.ts';

/** Everyday: so many events a booking, repetitions included. */
const eventsPerBooking = 2.1;

const secondsSince = ({ startedAt }: JoinerProcess): number => Number(((performance.now() - startedAt) / 1000).toFixed(1));

/**
 * Kills a joiner in whose window `events` events lie, unpacked, starts it again, and measures until it is ready: everything of the
 * window has been read again by then.
 */
export const measureRestart = async (events: number) => {
  await using surroundings = await startSurroundings();
  const filled = await fill(surroundings, { count: Math.ceil(events / eventsPerBooking), packing: 1 });
  // The day of event time lies within the window, so none of it is ever closed.
  const env = { AFTER_MS: String(2 * 24 * 3_600_000) };
  const before = await startJoiner(surroundings, 'restart', { env });
  await untilFound(before, async () => isCovered(filled, await before.partitions()) || undefined);
  const secondsToJoin = secondsSince(before);
  await before.kill();

  const joiner = await startJoiner(surroundings, 'restart', { env });
  await untilFound(joiner, async () => (await joiner.isReady()) || undefined);
  const secondsToReady = secondsSince(joiner);
  const partitions = await joiner.partitions();
  const replayed = partitions.reduce((sum, each) => sum + each.replayed, 0);
  const open = partitions.reduce((sum, { bookings, payments }) => sum + bookings.open + payments.open, 0);
  const peakMb = memoryMbOf(joiner.child, 'peak');
  await joiner.stop();
  return {
    replayed,
    open,
    secondsToReady,
    eventsPerSecond: Math.round(replayed / secondsToReady),
    secondsToJoin,
    joinerPeakMb: peakMb,
  };
};
