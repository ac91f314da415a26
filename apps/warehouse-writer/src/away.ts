import type { Logger } from '@boxoffice/service-kit';
import { setTimeout as delay } from 'node:timers/promises';
import { isAway } from './load.ts';

/** Whether the warehouse is there, told from the work that is done with it. */
export interface Outage {
  readonly error: Error | undefined;
  /**
   * Does `work`, again and again while the warehouse is away, with waits that grow to `retryMaxMs`. Says so once an outage.
   * @throws whatever is no outage; the signal's reason when it aborts while waiting.
   */
  through<Result>(work: () => Promise<Result>): Promise<Result>;
}

const firstWaitMs = 100;

/** All partitions share one: the database is away for all or for none. */
export const watchOutage = (log: Logger, signal: AbortSignal, retryMaxMs: number): Outage => {
  let away: Error | undefined;
  return {
    get error() {
      return away;
    },
    async through(work) {
      for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, retryMaxMs))
        try {
          const result = await work();
          if (away !== undefined) log.info('the warehouse is back');
          away = undefined;
          return result;
        } catch (error) {
          if (!isAway(error)) throw error;
          if (away === undefined) log.warn({ err: error }, 'the warehouse is away; waiting for it');
          away = error;
          await delay(Math.min(waitMs, retryMaxMs), undefined, { signal });
        }
    },
  };
};
