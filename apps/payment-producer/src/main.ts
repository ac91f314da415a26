import { openDocuments, openHubs } from '@boxoffice/hubs';
import { createMetrics, listen, runService } from '@boxoffice/service-kit';
import { createPaymentApp } from './app.ts';
import { readConfig } from './config.ts';
import { followBookings } from './follow-bookings.ts';
import type { Payers } from './follow-bookings.ts';
import { createProducerMetrics } from './metrics.ts';

await runService('payment-producer', readConfig, async ({ config, log, signal }) => {
  let payers: Payers = [];
  const registry = createMetrics('payment-producer');
  const metrics = createProducerMetrics(registry, () => payers.reduce((sum, payer) => sum + payer.state(Date.now()).pending, 0));
  await using hubs = openHubs(config, log);
  const app = await createPaymentApp({ hubs, config, payers: () => payers, log, registry });
  await using server = await listen(app, config);
  log.info({ url: server.url }, 'listening');
  const onPayers = (all: Payers) => (payers = all);
  await followBookings({ hubs, documents: openDocuments(config), config, metrics, log, signal, onPayers });
});
