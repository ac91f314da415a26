import { setTimeout as wait } from 'node:timers/promises';
import type { Publisher } from '@boxoffice/hubs';
import { bookingSends } from '@boxoffice/scenario';
import type { RunSpec } from '@boxoffice/scenario';
import { writeEvent } from '@boxoffice/schemas';
import type { BookingPlaced } from '@boxoffice/schemas';
import { cutIntoChunks } from './chunks.ts';

/** What a run needs of its surroundings. */
export interface RunContext {
  readonly publisher: Publisher;
  readonly chunkEvents: number;
  readonly now: () => number;
  /** Asks for an end after the chunk in flight. */
  readonly stop: AbortSignal;
  /** Gives up the chunk in flight. */
  readonly giveUp: AbortSignal;
  readonly onPublished: (events: number) => void;
  readonly onAcknowledged: (events: number, tookMs: number) => void;
  readonly onFailed: (events: number) => void;
}

const maxTimerMs = 2 ** 31 - 1;

const message = (event: BookingPlaced) => ({ ...writeEvent(event), key: event.subject });

/**
 * Sends a run to its end, or until it is asked to stop; returns whether it came to its end. A backfill's bookings go as fast as they
 * are acknowledged; a live run's leave when they are placed, or as soon after as the hub takes them: arrivals do not wait for
 * answers, so what was held up is made up for. One chunk is in flight while the next is made, so each partition gets its
 * bookings in event-time order.
 * @throws {HubError} when the hub refuses, and the reason of `giveUp`.
 */
export const sendRun = async (spec: RunSpec, context: RunContext): Promise<boolean> => {
  const { publisher, now, stop, giveUp } = context;
  const cut = cutIntoChunks(bookingSends(spec), context.chunkEvents);
  const dueBy = (): number => ('bookings' in spec ? Infinity : now());

  const send = async (events: readonly BookingPlaced[]): Promise<void> => {
    const messages = events.map(message);
    const began = performance.now();
    context.onPublished(events.length);
    try {
      await publisher.publish(messages, giveUp);
    } catch (error) {
      context.onFailed(events.length);
      throw error;
    }
    context.onAcknowledged(events.length, performance.now() - began);
  };

  let chunk = cut(dueBy());
  while (!stop.aborted) {
    if (chunk.events.length > 0) {
      const inFlight = send(chunk.events);
      // Made while the hub is busy with the one before.
      const next = chunk.nextAt === undefined ? chunk : cut(dueBy());
      await inFlight;
      if (chunk.nextAt === undefined) return true;
      chunk = next;
      continue;
    }
    if (chunk.nextAt === undefined) return true;
    const delayMs = Math.min(chunk.nextAt - now(), maxTimerMs);
    if (delayMs > 0) await wait(delayMs, undefined, { signal: stop }).catch(() => undefined);
    if (!stop.aborted) chunk = cut(dueBy());
  }
  return false;
};
