import { Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

import type { App } from './app.ts';

/** Times every request by route pattern, never by address, so that the number of series stays bounded. */
export const observeRequests = (app: App, registry: Registry): void => {
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer, by route and status; a rise of 5xx means that what the service depends on is failing',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    duration.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    request.log.debug(
      { method: request.method, url: request.url, status: reply.statusCode, elapsedMs: reply.elapsedTime },
      'answered',
    );
  });
};
