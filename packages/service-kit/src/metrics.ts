import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * A registry of its own (not the global one) with the standard process metrics under their standard names, and the label
 * `service` on everything registered in it.
 */
export const createMetrics = (service: string): Registry => {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
};
