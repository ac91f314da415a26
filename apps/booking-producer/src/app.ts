import { addEventRoute } from '@boxoffice/event-intake';
import type { Hubs, Publisher } from '@boxoffice/hubs';
import { addRunRoutes } from '@boxoffice/runs';
import type { Runs } from '@boxoffice/runs';
import { runRequest, specOf } from '@boxoffice/scenario';
import type { RunSpec } from '@boxoffice/scenario';
import { bookingPlaced } from '@boxoffice/schemas';
import { createApp } from '@boxoffice/service-kit';
import type { App, Logger, Registry } from '@boxoffice/service-kit';
import { hubReadiness } from './hub-readiness.ts';
import { runSchema } from './run-schema.ts';

/** The HTTP surface of booking-producer; `signal` ends the streams of progress. */
export const createBookingApp = async ({
  hubs,
  bookingsHub,
  publisher,
  runs,
  log,
  registry,
  signal,
}: {
  readonly hubs: Hubs;
  readonly bookingsHub: string;
  readonly publisher: Publisher;
  readonly runs: Runs<RunSpec>;
  readonly log: Logger;
  readonly registry: Registry;
  readonly signal: AbortSignal;
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
  addRunRoutes(app, { runs, request: runRequest, specOf, schema: runSchema, what: 'bookings', signal });
  addEventRoute(app, { publisher, contract: bookingPlaced, what: 'booking' });
  return app;
};
