import { openDocuments, openHubs } from '@boxoffice/hubs';
import { createRunMetrics, openRunStore, openRuns } from '@boxoffice/runs';
import { orphanSends } from '@boxoffice/scenario';
import { createMetrics, listen, runService } from '@boxoffice/service-kit';
import { createPaymentApp } from './app.ts';
import { readConfig } from './config.ts';
import { followBookings } from './follow-bookings.ts';
import type { Payers } from './follow-bookings.ts';
import { createProducerMetrics } from './metrics.ts';
import { runSchema } from './run-schema.ts';

await runService('payment-producer', readConfig, async ({ config, log, signal }) => {
  let payers: Payers = [];
  const registry = createMetrics('payment-producer');
  const metrics = createProducerMetrics(registry, () => payers.reduce((sum, payer) => sum + payer.state(Date.now()).pending, 0));
  const { paymentsHub: hub } = config;
  await using hubs = openHubs(config, log);
  const documents = openDocuments(config);
  const store = openRunStore(documents, 'payment-producer/runs');
  const orphans = { sendsOf: orphanSends, metrics: createRunMetrics(registry, 'orphans') };
  const surroundings = { hubs, hub, publisher: hubs.publisher(hub), config, log, now: Date.now, ...orphans };
  await using runs = await openRuns(surroundings, store, runSchema);
  const app = await createPaymentApp({ hubs, config, payers: () => payers, runs, log, registry, signal });
  await using server = await listen(app, config);
  log.info({ url: server.url }, 'listening');
  const onPayers = (all: Payers) => (payers = all);
  await followBookings({ hubs, documents, config, metrics, log, signal, onPayers });
});
