import type { Hubs } from '@boxoffice/hubs';
import { createApp } from '@boxoffice/service-kit';
import type { App, Logger } from '@boxoffice/service-kit';
import type { Joiner } from './joiner.ts';
import { createJoinerMetrics } from './metrics.ts';
import type { Operations } from './operations.ts';
import { addPairRoutes } from './pair-routes.ts';

/** What the HTTP surface shows, and what it can set going. */
export interface Surface {
  readonly hubs: Pick<Hubs, 'health'>;
  readonly joiner: Pick<Joiner, 'pairs' | 'settled'>;
  readonly operations: Operations;
  readonly log: Logger;
  /** The clock, ms. */
  readonly now: () => number;
}

/** The joiner's HTTP surface; ready once every pair that is this instance's has passed its barrier and the hubs answer. */
export const createJoinerApp = async ({ hubs, joiner, operations, log, now }: Surface): Promise<App> => {
  const app = await createApp({
    name: 'joiner',
    title: 'Box Office joiner',
    description: 'Joins bookings and payments in event time, onto the joined hub.',
    version: '1.0.0',
    log,
    registry: createJoinerMetrics(joiner, now),
    tags: [{ name: 'join', description: 'How the join stands, and how to have it read the past again' }],
    readiness() {
      const broker = hubs.health();
      const mine = joiner.pairs().filter(({ fenced }) => !fenced);
      const past = mine.filter(({ run, refusal }) => run && !refusal && run.pair.phase !== 'replaying').length;
      const ok = joiner.settled() && past === mine.length;
      const detail = joiner.settled()
        ? `${past} of the ${mine.length} pairs of partitions of this instance have passed their barrier`
        : 'nobody has looked yet which pairs of partitions are of this instance';
      return { ready: broker.ok && ok, checks: { eventHubs: broker, pairs: { ok, detail } } };
    },
  });
  addPairRoutes(app, joiner, operations, now);
  return app;
};
