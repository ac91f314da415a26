import { once } from 'node:events';
import { openHubs } from '@boxoffice/hubs';
import { createMetrics, listen, runService } from '@boxoffice/service-kit';
import { createBookingApp } from './app.ts';
import { readConfig } from './config.ts';
import { createProducerMetrics } from './metrics.ts';
import { openRuns } from './runs.ts';

await runService('booking-producer', readConfig, async ({ config, log, signal }) => {
  const registry = createMetrics('booking-producer');
  await using hubs = openHubs(config, log);
  const publisher = hubs.publisher(config.bookingsHub);
  await using runs = openRuns({ publisher, config, metrics: createProducerMetrics(registry), log, now: Date.now });
  const app = await createBookingApp({ hubs, bookingsHub: config.bookingsHub, publisher, runs, log, registry });
  await using server = await listen(app, config);
  log.info({ url: server.url }, 'listening');
  if (!signal.aborted) await once(signal, 'abort');
});
