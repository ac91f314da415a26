import { Counter, Gauge, Histogram } from '@boxoffice/service-kit';
import type { Registry } from '@boxoffice/service-kit';

/** What runs of `what` (in the plural: `bookings`) count. */
export const createRunMetrics = (registry: Registry, what: string) => ({
  published: new Counter({
    name: `${what}_published_total`,
    help: `What runs handed to the hub client, of ${what}, repetitions included. Ahead of ${what}_acknowledged_total for long: the hub is slow or away.`,
    registers: [registry],
  }),
  acknowledged: new Counter({
    name: `${what}_acknowledged_total`,
    help: `What the hub has acknowledged of runs, of ${what}. At rest while a run is running: see readiness.`,
    registers: [registry],
  }),
  failed: new Counter({
    name: `${what}_failed_total`,
    help: `Given up unacknowledged, of ${what}, because the hub refused them or the time to drain was over; some may be in the hub. Any: look at the run.`,
    registers: [registry],
  }),
  runs: new Gauge({
    name: `${what}_runs`,
    help: 'Runs that are remembered, by state. Any that failed say why under GET /v1/runs.',
    labelNames: ['state'] as const,
    registers: [registry],
  }),
  sendSeconds: new Histogram({
    name: `${what}_send_seconds`,
    help: `Time from handing a chunk of ${what} to the hub client until all of it is acknowledged. Seconds: the hub was away or is overloaded.`,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  }),
});

/** @see createRunMetrics */
export type RunMetrics = ReturnType<typeof createRunMetrics>;
