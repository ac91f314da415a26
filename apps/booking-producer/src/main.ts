import { once } from 'node:events';
import { openDocuments, openHubs } from '@boxoffice/hubs';
import { createRunMetrics, openRunStore, openRuns } from '@boxoffice/runs';
import { bookingSends } from '@boxoffice/scenario';
import { createMetrics, listen, runService } from '@boxoffice/service-kit';
import { createBookingApp } from './app.ts';
import { readConfig } from './config.ts';
import { runSchema } from './run-schema.ts';

await runService('booking-producer', readConfig, async ({ config, log, signal }) => {
  const registry = createMetrics('booking-producer');
  const metrics = createRunMetrics(registry, 'bookings');
  const { bookingsHub } = config;
  await using hubs = openHubs(config, log);
  const publisher = hubs.publisher(bookingsHub);
  const store = openRunStore(openDocuments(config), 'booking-producer/runs');
  const surroundings = { hubs, hub: bookingsHub, publisher, sendsOf: bookingSends, config, metrics, log, now: Date.now };
  await using runs = await openRuns(surroundings, store, runSchema);
  const app = await createBookingApp({ hubs, bookingsHub, publisher, runs, log, registry, signal });
  await using server = await listen(app, config);
  log.info({ url: server.url }, 'listening');
  if (!signal.aborted) await once(signal, 'abort');
});
