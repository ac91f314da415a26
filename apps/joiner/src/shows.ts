import { setTimeout as wait } from 'node:timers/promises';
import type { Show } from '@boxoffice/schemas';
import type { Logger } from '@boxoffice/service-kit';
import type { Catalogue } from '@boxoffice/warehouse';

/** The catalogue of shows as last read. */
export interface Shows {
  find(showId: string): Show | null;
  /** Reads the catalogue again until the signal aborts. A database that is away is waited for: the shows of the last look stay. */
  keepFresh(signal: AbortSignal): Promise<void>;
}

/** Reads the catalogue once, if it can be read; a missing show never holds up the join. */
export const openShows = async (catalogue: Catalogue, refreshMs: number, log: Logger): Promise<Shows> => {
  let shows: ReadonlyMap<string, Show> = new Map();
  let failing = false;
  const look = async (): Promise<void> => {
    try {
      shows = new Map((await catalogue.shows()).map((show) => [show.showId, show]));
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ err: error }, 'the catalogue cannot be read; going on with the shows of the last look');
      failing = true;
    }
  };
  await look();
  return {
    find: (showId) => shows.get(showId) ?? null,
    async keepFresh(signal) {
      while (!signal.aborted) {
        // An empty or unreadable catalogue is looked at again soon: bookings would go out without their shows.
        const pause = shows.size === 0 ? Math.min(refreshMs, 1000) : refreshMs;
        await wait(pause, undefined, { signal }).catch(() => undefined);
        if (!signal.aborted) await look();
      }
    },
  };
};
