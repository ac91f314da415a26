import { addEventRoute } from '@boxoffice/event-intake';
import { paymentProcessed } from '@boxoffice/schemas';
import type { Hubs } from '@boxoffice/hubs';
import { addRunRoutes } from '@boxoffice/runs';
import type { Runs } from '@boxoffice/runs';
import { orphanRequest, specOf } from '@boxoffice/scenario';
import type { OrphanSpec } from '@boxoffice/scenario';
import { createApp } from '@boxoffice/service-kit';
import type { App, Logger, Registry } from '@boxoffice/service-kit';
import type { Config } from './config.ts';
import type { Payers } from './follow-bookings.ts';
import { addPartitionsRoute } from './partitions-route.ts';
import { readinessOf } from './readiness.ts';
import { runSchema } from './run-schema.ts';

/** The HTTP surface of payment-producer; `signal` ends the streams of progress. */
export const createPaymentApp = async ({
  hubs,
  config: { bookingsHub, paymentsHub },
  payers,
  runs,
  log,
  registry,
  signal,
}: {
  readonly hubs: Hubs;
  readonly config: Pick<Config, 'bookingsHub' | 'paymentsHub'>;
  readonly payers: () => Payers;
  readonly runs: Runs<OrphanSpec>;
  readonly log: Logger;
  readonly registry: Registry;
  readonly signal: AbortSignal;
}): Promise<App> => {
  const app = await createApp({
    name: 'payment-producer',
    description:
      'Pays the bookings of the bookings hub; publishes payments whose bookings never come, and single ones from elsewhere.',
    version: '1.0.0',
    log,
    registry,
    readiness: () => readinessOf(hubs.health(), payers().length),
    tags: [
      { name: 'partitions', description: 'How far the bookings are paid' },
      { name: 'runs', description: 'Payments whose bookings never come' },
      { name: 'events', description: 'Single payments' },
    ],
  });
  addPartitionsRoute(app, { hubs, bookingsHub, payers });
  addRunRoutes(app, { runs, request: orphanRequest, specOf, schema: runSchema, what: 'orphan payments', signal });
  addEventRoute(app, { publisher: hubs.publisher(paymentsHub), contract: paymentProcessed, what: 'payment' });
  return app;
};
