import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { Problem, problemResponses } from '@boxoffice/service-kit';
import type { App } from '@boxoffice/service-kit';
import { z } from 'zod';
import { runStates } from './begin-run.ts';
import type { AnySpec, Run } from './begin-run.ts';
import type { Runs } from './runs.ts';

const spread = z
  .object({ p50: z.number().nullable(), p95: z.number().nullable(), p99: z.number().nullable() })
  .meta({ id: 'Spread', description: 'Half, 95 % and 99 % took no longer than this, in ms, up to 5 % too much; null of none' });

/** The schema of a run whose spec has the schema `spec`. */
export const runSchemaOf = <Spec extends AnySpec>(spec: z.ZodType<Spec>) =>
  z
    .object({
      id: z.string().describe('Made from the whole spec; the `runid` of every event of this run'),
      spec,
      state: z.enum(runStates).describe('interrupted: the service was restarted while it was running'),
      bookings: z.int().describe('Distinct bookings that the run has in all'),
      published: z.int().describe('Events handed to the hub client, repetitions included'),
      acknowledged: z.int().describe('Events that the hub has acknowledged, repetitions included'),
      failed: z.int().describe('Events given up unacknowledged; some of them may be in the hub'),
      ratePerS: z.number().describe('Acknowledged a second, over the last five seconds; 0 when it has ended'),
      sendMs: spread.describe('From handing an event to the hub client until its chunk was acknowledged'),
      scheduleMs: spread.describe('Live: how long after its time an event was handed to the hub client'),
      expectedEnd: z.iso.datetime().nullable().describe('When it will have ended if it goes on like this; null when unknown'),
      waitsFor: z.string().nullable().describe('The error of the broker that it waits for; null while there is none'),
      startedAt: z.iso.datetime(),
      finishedAt: z.iso.datetime().nullable(),
      error: z.string().nullable().describe('Why it ended early; null unless it did'),
    })
    .meta({ id: 'Run' });

const params = z.object({ id: z.string() });
const unknown = (id: string) => new Problem({ status: 404, detail: `There is no run ${id}; GET /v1/runs lists those there are` });

/** Streams of progress that are open at the same time, at most. */
const mostStreams = 100;
const progressEveryMs = 500;

/** What the routes are about. */
export interface RunRouteOptions<Asked, Spec extends AnySpec> {
  readonly runs: Runs<Spec>;
  /** What is asked for: a live run may leave out when it starts. */
  readonly request: z.ZodType<Asked>;
  /** The spec of what is asked for at `now`, ms. */
  readonly specOf: (asked: Asked, now: number) => Spec;
  readonly schema: z.ZodType<Run<Spec>>;
  /** What a run sends, in the plural: `bookings`. */
  readonly what: string;
  /** Ends the streams of progress. */
  readonly signal: AbortSignal;
  readonly now?: () => number;
}

/** `/v1/runs`: start, watch and stop runs. */
export const addRunRoutes = <Asked, Spec extends AnySpec>(
  app: App,
  { runs, request: body, specOf, schema, what, signal, now = Date.now }: RunRouteOptions<Asked, Spec>,
): void => {
  const tags = ['runs'];
  let streams = 0;

  app.post(
    '/v1/runs',
    {
      schema: {
        tags,
        operationId: 'startRun',
        summary: `Start a run of ${what}`,
        description:
          'With `from`, `to` and `bookings`: a past period, sent as fast as the hub takes it. With `stages`, or a `rate`: live. ' +
          'The same spec gives the same events under the same ids.',
        body,
        response: { 202: schema, ...problemResponses(400, 409, 503) },
      },
    },
    async (request, reply) => {
      // It has passed already; Fastify's types cannot carry a type parameter through.
      const spec = specOf(body.parse(request.body), now());
      if (spec.to !== undefined && Date.parse(spec.to) > now()) {
        const fault = {
          in: 'body',
          path: '/to',
          message: 'expected an instant that has passed: nothing comes from the future',
        };
        throw new Problem({ status: 400, detail: 'A field of the request is not valid', extensions: { errors: [fault] } });
      }
      const run = await runs.start(spec);
      return reply.code(202).header('location', `/v1/runs/${run.id}`).send(run);
    },
  );

  app.get(
    '/v1/runs',
    {
      schema: {
        tags,
        operationId: 'listRuns',
        summary: 'The runs, newest first; the last 200 that have ended are remembered',
        response: { 200: z.object({ runs: z.array(schema) }) },
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
        response: { 200: schema, ...problemResponses(404) },
      },
    },
    async ({ params: { id } }) => {
      const run = runs.find(id);
      if (!run) throw unknown(id);
      return run;
    },
  );

  async function* progressOf(id: string): AsyncGenerator<string> {
    streams += 1;
    try {
      for (let run = runs.find(id); run; run = runs.find(id)) {
        const name = run.state === 'running' ? 'progress' : 'end';
        yield `event: ${name}\ndata: ${JSON.stringify(schema.parse(run))}\n\n`;
        if (name === 'end' || signal.aborted) return;
        await wait(progressEveryMs, undefined, { signal }).catch(() => undefined);
      }
    } finally {
      streams -= 1;
    }
  }

  app.get(
    '/v1/runs/:id/events',
    {
      schema: {
        tags,
        operationId: 'watchRun',
        summary:
          'A run as server-sent events: `progress` twice a second, and `end` once it has ended; the data of each is the run',
        params,
        response: {
          200: {
            description: 'The stream',
            content: { 'text/event-stream': { schema: z.any().describe('Server-sent events') } },
          },
          ...problemResponses(404, 503),
        },
      },
    },
    async ({ params: { id } }, reply) => {
      if (!runs.find(id)) throw unknown(id);
      if (streams >= mostStreams) throw new Problem({ status: 503, detail: `${streams} streams are open, as many as may be` });
      const stream = Readable.from(progressOf(id), { objectMode: true, highWaterMark: 1 });
      return reply.header('content-type', 'text/event-stream').header('cache-control', 'no-store').send(stream);
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
        response: { 200: schema, ...problemResponses(404) },
      },
    },
    async ({ params: { id } }) => {
      const run = await runs.stop(id);
      if (!run) throw unknown(id);
      return run;
    },
  );
};
