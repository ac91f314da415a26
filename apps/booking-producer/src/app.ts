import { addEventRoute } from '@boxoffice/event-intake';
import { bookingPlaced } from '@boxoffice/schemas';
import type { Hubs, Publisher } from '@boxoffice/hubs';
import { createApp } from '@boxoffice/service-kit';
import type { App, Logger, Registry } from '@boxoffice/service-kit';
import { hubReadiness } from './hub-readiness.ts';
import { addRunRoutes } from './run-routes.ts';
import type { Runs } from './runs.ts';

/** The HTTP surface of booking-producer. */
export const createBookingApp = async ({
  hubs,
  bookingsHub,
  publisher,
  runs,
  log,
  registry,
}: {
  readonly hubs: Hubs;
  readonly bookingsHub: string;
  readonly publisher: Publisher;
  readonly runs: Runs;
  readonly log: Logger;
  readonly registry: Registry;
}): Promise<App> => {
  const app = await createApp({
    name: 'booking-producer',
    description: 'Synthetic bookings by the run, and single bookings from elsewhere, published to the bookings hub.',
    version: '1.0.0',
    log,
    registry,
    readiness: hubReadiness(hubs, bookingsHub),
    tags: [
      { name: 'runs', description: 'Synthetic bookings' },
      { name: 'events', description: 'Single bookings' },
    ],
  });
  addRunRoutes(app, runs);
  addEventRoute(app, { publisher, contract: bookingPlaced, what: 'booking' });
  return app;
};
