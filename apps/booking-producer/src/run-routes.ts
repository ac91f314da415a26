import { runRequest, runSpec, specOf } from '@boxoffice/scenario';
import { Problem, problemResponses } from '@boxoffice/service-kit';
import type { App } from '@boxoffice/service-kit';
import { z } from 'zod';
import type { Runs } from './runs.ts';

const runSchema = z
  .object({
    id: z.string().describe('Made from the whole spec; the `runid` of every booking of this run'),
    spec: runSpec,
    state: z.enum(['running', 'completed', 'stopped', 'failed']),
    bookings: z.int().describe('Distinct bookings that the run has in all'),
    published: z.int().describe('Bookings handed to the hub client, repetitions included'),
    acknowledged: z.int().describe('Bookings that the hub has acknowledged, repetitions included'),
    ratePerS: z.number().describe('Acknowledged a second, over the last five seconds; 0 when it has ended'),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
    error: z.string().nullable().describe('Why it ended early; null unless it did'),
  })
  .meta({ id: 'Run' });

const params = z.object({ id: z.string() });
const unknown = (id: string) => new Problem({ status: 404, detail: `There is no run ${id}; GET /v1/runs lists those there are` });

/** `/v1/runs`: start, watch and stop runs of synthetic bookings. */
export const addRunRoutes = (app: App, runs: Runs, now: () => number = Date.now): void => {
  const tags = ['runs'];

  app.post(
    '/v1/runs',
    {
      schema: {
        tags,
        operationId: 'startRun',
        summary: 'Start a run of synthetic bookings',
        description:
          'With `from`, `to` and `bookings`: a past period, sent as fast as the hub takes it. With `rate` and `durationS`: live. ' +
          'The same spec gives the same bookings under the same ids.',
        body: runRequest,
        response: { 202: runSchema, ...problemResponses(400, 409, 503) },
      },
    },
    async (request, reply) => {
      const spec = specOf(request.body, now());
      if ('bookings' in spec && Date.parse(spec.to) > now()) {
        const fault = {
          in: 'body',
          path: '/to',
          message: 'expected an instant that has passed: no booking comes from the future',
        };
        throw new Problem({ status: 400, detail: 'A field of the request is not valid', extensions: { errors: [fault] } });
      }
      const run = runs.start(spec);
      return reply.code(202).header('location', `/v1/runs/${run.id}`).send(run);
    },
  );

  app.get(
    '/v1/runs',
    {
      schema: {
        tags,
        operationId: 'listRuns',
        summary: 'The runs since the service started, newest first',
        response: { 200: z.object({ runs: z.array(runSchema) }) },
      },
    },
    async () => ({ runs: runs.list() }),
  );

  app.get(
    '/v1/runs/:id',
    {
      schema: {
        tags,
        operationId: 'getRun',
        summary: 'One run',
        params,
        response: { 200: runSchema, ...problemResponses(404) },
      },
    },
    async ({ params: { id } }) => {
      const run = runs.find(id);
      if (!run) throw unknown(id);
      return run;
    },
  );

  app.delete(
    '/v1/runs/:id',
    {
      // Longer than the time to drain, which is as long as it may take.
      handlerTimeout: 660_000,
      schema: {
        tags,
        operationId: 'stopRun',
        summary: 'Stop a run after what it has in flight; one that has ended is left as it is',
        params,
        response: { 200: runSchema, ...problemResponses(404) },
      },
    },
    async ({ params: { id } }) => {
      const run = await runs.stop(id);
      if (!run) throw unknown(id);
      return run;
    },
  );
};
