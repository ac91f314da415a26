import type { Registry } from 'prom-client';
import { z } from 'zod';

import type { App } from './app.ts';
import { OPERATIONS } from './openapi-document.ts';

const readinessSchema = z.object({
  ready: z.boolean().describe('True when every part the service needs can do its work'),
  checks: z
    .record(z.string(), z.object({ ok: z.boolean(), detail: z.string().describe('The state in words') }))
    .describe('Each part the service needs, by name'),
});

/** Whether a service can do its work now, part by part. */
export type Readiness = z.output<typeof readinessSchema>;

const healthSchema = z.object({ status: z.literal('ok') });

const json = (description: string, schema: z.ZodType) => ({ description, content: { 'application/json': { schema } } });

/** Adds `/healthz` (the process answers), `/readyz` (it can work) and `/metrics` (Prometheus text). */
export const addOperationsRoutes = (app: App, registry: Registry, readiness: () => Readiness | Promise<Readiness>): void => {
  const tags = [OPERATIONS.name];

  app.get(
    '/healthz',
    {
      schema: {
        tags,
        operationId: 'getHealth',
        summary: 'Is the process alive?',
        response: { 200: json('It answers', healthSchema) },
      },
    },
    async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  );

  const states = { 200: json('Ready', readinessSchema), 503: json('Not ready; the checks say why', readinessSchema) };
  app.get(
    '/readyz',
    { schema: { tags, operationId: 'getReadiness', summary: 'Can it do its work?', response: states } },
    async (_request, reply) => {
      const state = await readiness();
      return reply
        .code(state.ready ? 200 : 503)
        .header('cache-control', 'no-store')
        .send(state);
    },
  );

  const text = { description: 'Prometheus text format', content: { 'text/plain': { schema: z.string() } } };
  app.get(
    '/metrics',
    { schema: { tags, operationId: 'getMetrics', summary: 'Counters and gauges', response: { 200: text } } },
    async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()),
  );
};
