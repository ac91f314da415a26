import { openHubs } from '@boxoffice/hubs';
import { listen, runService } from '@boxoffice/service-kit';
import { openWarehouse } from '@boxoffice/warehouse';
import { createWriterApp } from './app.ts';
import { readConfig } from './config.ts';
import { createWriterMetrics } from './metrics.ts';
import { createWriter } from './writer.ts';

await runService('warehouse-writer', readConfig, async ({ config, log, signal }) => {
  await using hubs = openHubs(config, log);
  await using warehouse = await openWarehouse(config, log);
  const metrics = createWriterMetrics();
  const writer = createWriter({ config, hubs, warehouse, metrics, log, signal });
  metrics.watch(hubs, writer.partitions);

  await using server = await listen(await createWriterApp(hubs, writer, metrics.registry, log), config);
  log.info({ url: server.url }, 'listening');
  await writer.run();
});
