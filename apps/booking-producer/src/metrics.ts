import { Counter, Gauge, Histogram } from '@boxoffice/service-kit';
import type { Registry } from '@boxoffice/service-kit';

/** What booking-producer counts. */
export const createProducerMetrics = (registry: Registry) => ({
  published: new Counter({
    name: 'bookings_published_total',
    help: 'Bookings handed to the hub client, repetitions included. Ahead of bookings_acknowledged_total for long: the hub is slow or away.',
    registers: [registry],
  }),
  acknowledged: new Counter({
    name: 'bookings_acknowledged_total',
    help: 'Bookings that the hub has acknowledged. At rest while a run is running: see readiness.',
    registers: [registry],
  }),
  failed: new Counter({
    name: 'bookings_failed_total',
    help: 'Bookings given up unacknowledged, because the hub refused them or the time to drain was over; some may be in the hub. Any: look at the run.',
    registers: [registry],
  }),
  runs: new Gauge({
    name: 'booking_runs',
    help: 'Runs that are remembered, by state. Any that failed say why under GET /v1/runs.',
    labelNames: ['state'] as const,
    registers: [registry],
  }),
  sendSeconds: new Histogram({
    name: 'bookings_send_seconds',
    help: 'Time from handing a chunk of bookings to the hub client until all of it is acknowledged. Seconds: the hub was away or is overloaded.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  }),
});

/** @see createProducerMetrics */
export type ProducerMetrics = ReturnType<typeof createProducerMetrics>;
