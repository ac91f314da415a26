import { setImmediate as underWay, setTimeout as wait } from 'node:timers/promises';
import type { OutgoingMessage, Publisher } from '@boxoffice/hubs';
import type { Send } from '@boxoffice/scenario';
import { cutIntoChunks } from './chunks.ts';

/** What a run needs of its surroundings. */
export interface SendContext {
  readonly publisher: Publisher;
  readonly chunkEvents: number;
  /** Whether everything leaves as fast as it is acknowledged, and not when its time has come. */
  readonly atOnce: boolean;
  readonly now: () => number;
  readonly messagesOf: (sends: readonly Send[]) => readonly OutgoingMessage[];
  /** Asks for an end after the chunk in flight. */
  readonly stop: AbortSignal;
  /** Gives up the chunk in flight. */
  readonly giveUp: AbortSignal;
  readonly onPublished: (sends: readonly Send[]) => void;
  readonly onAcknowledged: (sends: readonly Send[], tookMs: number) => void;
  readonly onFailed: (sends: readonly Send[]) => void;
}

const maxTimerMs = 2 ** 31 - 1;

/**
 * Sends a run to its end, or until it is asked to stop; returns whether it came to its end. A backfill goes as fast as it is
 * acknowledged; what is live leaves when its time has come, or as soon after as the hub takes it: arrivals do not wait for
 * answers, so what was held up is made up for. One chunk is in flight while the next is made, so each partition gets its
 * events in order.
 * @throws {HubError} when the hub refuses, and the reason of `giveUp`.
 */
export const sendRun = async (all: Iterator<Send>, context: SendContext): Promise<boolean> => {
  const { publisher, messagesOf, now, stop, giveUp, atOnce } = context;
  const cut = cutIntoChunks(all, context.chunkEvents);
  /** The next chunk, as the messages that it takes. */
  const make = () => {
    const { sends, nextAt } = cut(atOnce ? Infinity : now());
    return { sends, nextAt, messages: messagesOf(sends) };
  };

  const send = async ({ sends, messages }: ReturnType<typeof make>): Promise<void> => {
    const began = performance.now();
    context.onPublished(sends);
    try {
      await publisher.publish(messages, giveUp);
    } catch (error) {
      context.onFailed(sends);
      throw error;
    }
    context.onAcknowledged(sends, performance.now() - began);
  };

  let chunk = make();
  while (!stop.aborted) {
    if (chunk.sends.length > 0) {
      const inFlight = send(chunk);
      // Made while the hub is busy with the one before, which has to be on its way for that; live, what falls due meanwhile is
      // better taken when it is back.
      const makeNext = async () => {
        await underWay();
        return make();
      };
      const [next] = await Promise.all([chunk.nextAt === undefined || !atOnce ? undefined : makeNext(), inFlight]);
      if (chunk.nextAt === undefined) return true;
      chunk = next ?? make();
      continue;
    }
    if (chunk.nextAt === undefined) return true;
    const delayMs = Math.min(chunk.nextAt - now(), maxTimerMs);
    if (delayMs > 0) await wait(delayMs, undefined, { signal: stop }).catch(() => undefined);
    if (!stop.aborted) chunk = make();
  }
  return false;
};
