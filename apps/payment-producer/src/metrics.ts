import { Counter, Gauge, Histogram } from '@boxoffice/service-kit';
import type { Registry } from '@boxoffice/service-kit';

/** What payment-producer counts; `pending` is asked for with every scrape. */
export const createProducerMetrics = (registry: Registry, pending: () => number) => {
  new Gauge({
    name: 'payments_pending',
    help: 'Payments that wait for their time or for the hub. At MAX_PENDING: reading pauses, and the order of a backfill suffers.',
    registers: [registry],
    collect() {
      this.set(pending());
    },
  });
  return {
    read: new Counter({
      name: 'bookings_read_total',
      help: 'Events read from the bookings hub: booking, tick, unreadable, ahead (of the clock). Those after booking are not paid; the joiner quarantines the last two.',
      labelNames: ['outcome'] as const,
      registers: [registry],
    }),
    published: new Counter({
      name: 'payments_published_total',
      help: 'Payments handed to the hub client, repetitions included. Ahead of payments_acknowledged_total for long: the hub is slow or away.',
      registers: [registry],
    }),
    acknowledged: new Counter({
      name: 'payments_acknowledged_total',
      help: 'Payments that the hub has acknowledged. At rest while payments are due: see readiness.',
      registers: [registry],
    }),
    sendSeconds: new Histogram({
      name: 'payments_send_seconds',
      help: 'Time from handing payments to the hub client until all of them are acknowledged. Seconds: the hub was away or is overloaded.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers: [registry],
    }),
  };
};

/** @see createProducerMetrics */
export type ProducerMetrics = ReturnType<typeof createProducerMetrics>;
