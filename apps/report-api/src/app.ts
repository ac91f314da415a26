import { createApp, createMetrics, Problem } from '@boxoffice/service-kit';
import type { App, Logger } from '@boxoffice/service-kit';
import { InvalidCursorError, UnavailableError } from '@boxoffice/warehouse';
import type { Warehouse } from '@boxoffice/warehouse';
import { openSource } from './as-of.ts';
import { invalidQuery } from './invalid-query.ts';
import { addBookingRoute } from './routes/booking.ts';
import { addBookingsRoute } from './routes/bookings.ts';
import { addFunnelRoute } from './routes/funnel.ts';
import { addOrphanPaymentsRoute } from './routes/orphan-payments.ts';
import { addPipelineRoute } from './routes/pipeline.ts';
import { addQuarantineRoute } from './routes/quarantine.ts';
import { addReconciliationRoute } from './routes/reconciliation.ts';
import { addSalesRoute } from './routes/sales.ts';
import { tags } from './tags.ts';

const retryAfterS = 5;

const toProblem = (error: unknown): unknown => {
  if (error instanceof InvalidCursorError) return invalidQuery({ after: 'not a next that this list has given' });
  if (!(error instanceof UnavailableError)) return error;
  // The port's own message may name hosts and tables; readiness has it in words that are fit to be shown.
  const detail = `The warehouse is away, or not set up yet; /readyz says which. Try again in ${retryAfterS} seconds`;
  return new Problem({ status: 503, detail, cause: error });
};

/** The reports of `warehouse` over REST; `now` is the clock that `generatedAt` and the default ranges go by, in ms. */
export const createReportApi = async ({
  warehouse,
  log,
  now = Date.now,
}: {
  readonly warehouse: Pick<Warehouse, 'reports' | 'health'>;
  readonly log: Logger;
  readonly now?: () => number;
}): Promise<App> => {
  const registry = createMetrics('report-api');
  const app = await createApp({
    name: 'report-api',
    title: 'Box Office reports',
    description:
      'Sales, funnel, bookings and the state of the pipeline. Amounts are whole minor units with their decimal form, and currencies are never added up; instants are UTC. `completeThrough` says how far an answer is complete.',
    version: '0.1.0',
    log,
    registry,
    tags: Object.values(tags),
    readiness: async () => {
      const state = await warehouse.health();
      return { ready: state.ok, checks: { warehouse: state } };
    },
  });
  const source = openSource(warehouse.reports, now, registry);
  // A scope of its own, so that its error handler can hand on to the one of the whole service.
  await app.register(async (scope) => {
    scope.setErrorHandler((error, _request, reply) => {
      if (error instanceof UnavailableError) void reply.header('retry-after', retryAfterS);
      throw toProblem(error);
    });
    addSalesRoute(scope, source);
    addFunnelRoute(scope, source);
    addBookingsRoute(scope, source);
    addBookingRoute(scope, source);
    addOrphanPaymentsRoute(scope, source);
    addPipelineRoute(scope, source);
    addReconciliationRoute(scope, source);
    addQuarantineRoute(scope, source);
  });
  return app;
};
