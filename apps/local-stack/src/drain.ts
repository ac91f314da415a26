import { setTimeout as wait } from 'node:timers/promises';
import type { Hubs } from '@boxoffice/hubs';
import type { RunSpec } from '@boxoffice/scenario';
import { ServiceError } from './fetch-json.ts';
import type { Services } from './services.ts';

/** A stage of the pipeline made no progress for a long time. */
export class StalledError extends Error {
  override readonly name = 'StalledError';
}

/** What to wait with. */
export interface DrainOptions {
  readonly hubs: Hubs;
  readonly services: Services;
  readonly signal: AbortSignal;
  /** How much of the run is yet to be published; 0 once all of it is. @see leftToPublish */
  readonly unpublished: () => Promise<number>;
  /** Called once a second while it lasts. */
  readonly onLook: () => Promise<void>;
  /** Wait until every window that closes before this (ms) is closed, too; only ticks close the last ones of a period. */
  readonly closedTo: number | undefined;
  /** After how long without any progress to give up, ms. */
  readonly stallMs: number;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** How many messages are left of hubs that end at `ends`, summed over their partitions. */
const short = (ends: readonly number[], reached: (partition: number) => number | undefined) =>
  sum(ends.map((end, partition) => Math.max(0, end - (reached(partition) ?? -1))));

/** Where each partition of a hub ends now: the last sequence number, -1 for none. */
const endsOf = async (hubs: Hubs, hub: string): Promise<number[]> => {
  const count = await hubs.partitionCount(hub);
  const states = await Promise.all(Array.from({ length: count }, (_, partition) => hubs.partitionState(hub, partition)));
  return states.map(({ lastSequenceNumber }) => lastSequenceNumber);
};

/**
 * What is left of a run of booking-producer, which is kept running. The number only falls; it is not one of bookings.
 * @throws {Error} when the run has failed or was stopped.
 */
export const leftToPublish = (services: Services, runId: string, spec: RunSpec) => async (): Promise<number> => {
  const { state, error, acknowledged } = await services.keepRunning(runId, spec);
  if (state === 'failed' || state === 'stopped')
    throw new Error(`booking-producer: run ${runId} has ${state}: ${error ?? 'it was asked to'}`);
  return state === 'completed' ? 0 : 1e9 - acknowledged;
};

/**
 * Waits until a run has gone through everything: published, paid, joined, and loaded. Each stage is waited
 * for in turn, against where its input ends once the stage before is done.
 * @throws {StalledError} naming the stage that makes no progress; the signal's reason when it aborts.
 */
export const drain = async ({ unpublished, hubs, services, signal, onLook, closedTo, stallMs }: DrainOptions): Promise<void> => {
  let shownAt = 0;
  /** Looks until `left` says that nothing is left; a service that is being started again is looked at again. */
  const until = async (stage: string, left: () => Promise<number>): Promise<void> => {
    let least = Infinity;
    let progressAt = Date.now();
    for (;;) {
      signal.throwIfAborted();
      const now = await left().catch((error: unknown) => {
        if (error instanceof ServiceError) return Infinity;
        throw error;
      });
      if (now === 0) return;
      if (now < least) {
        least = now;
        progressAt = Date.now();
      } else if (Date.now() - progressAt > stallMs)
        throw new StalledError(`${stage}: no progress for ${stallMs / 1000} s, ${now} left`);
      if (Date.now() - shownAt >= 1000) {
        shownAt = Date.now();
        await onLook();
      }
      await wait(200, undefined, { signal });
    }
  };

  await until('booking-producer', unpublished);
  await until('payment-producer', async () => sum((await services.paying()).partitions.map(({ lag, due }) => lag + due)));
  await until('joiner', async () => {
    // Ticks are appended to the inputs until every window is closed, so the ends move.
    const ends = { bookings: await endsOf(hubs, 'bookings'), payments: await endsOf(hubs, 'payments') };
    const { partitions } = await services.joining();
    const at = (partition: number) => partitions.find((each) => each.partition === partition);
    const unread =
      short(ends.bookings, (n) => at(n)?.bookings.checkpointedTo) + short(ends.payments, (n) => at(n)?.payments.checkpointedTo);
    const open = partitions.filter(
      ({ watermark }) => closedTo !== undefined && !(watermark !== null && Date.parse(watermark) > closedTo),
    );
    return unread + sum(open.map(({ bookings, payments }) => bookings.open + payments.open));
  });
  await until('warehouse-writer', async () => sum((await services.loading()).partitions.map(({ lag }) => lag)));
};
