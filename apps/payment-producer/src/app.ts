import { addEventRoute } from '@boxoffice/event-intake';
import { paymentProcessed } from '@boxoffice/schemas';
import type { Hubs } from '@boxoffice/hubs';
import { createApp } from '@boxoffice/service-kit';
import type { App, Logger, Registry } from '@boxoffice/service-kit';
import type { Config } from './config.ts';
import type { Payers } from './follow-bookings.ts';
import { addPartitionsRoute } from './partitions-route.ts';
import { readinessOf } from './readiness.ts';

/** The HTTP surface of payment-producer. */
export const createPaymentApp = async ({
  hubs,
  config: { bookingsHub, paymentsHub },
  payers,
  log,
  registry,
}: {
  readonly hubs: Hubs;
  readonly config: Pick<Config, 'bookingsHub' | 'paymentsHub'>;
  readonly payers: () => Payers;
  readonly log: Logger;
  readonly registry: Registry;
}): Promise<App> => {
  const app = await createApp({
    name: 'payment-producer',
    description: 'Pays the bookings of the bookings hub, and publishes single payments from elsewhere.',
    version: '1.0.0',
    log,
    registry,
    readiness: () => readinessOf(hubs.health(), payers().length),
    tags: [
      { name: 'partitions', description: 'How far the bookings are paid' },
      { name: 'events', description: 'Single payments' },
    ],
  });
  addPartitionsRoute(app, { hubs, bookingsHub, payers });
  addEventRoute(app, { publisher: hubs.publisher(paymentsHub), contract: paymentProcessed, what: 'payment' });
  return app;
};
