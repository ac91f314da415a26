import { once } from 'node:events';
import { listen, runService } from '@boxoffice/service-kit';
import { openWarehouse } from '@boxoffice/warehouse';
import { createReportApi } from './app.ts';
import { readConfig } from './config.ts';

await runService('report-api', readConfig, async ({ config, log, signal }) => {
  await using warehouse = await openWarehouse(config, log);
  const app = await createReportApi({ warehouse, log });
  await using server = await listen(app, config);
  log.info({ url: server.url }, 'listening');
  if (!signal.aborted) await once(signal, 'abort');
});
