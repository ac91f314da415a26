import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';

import { createApp } from './app.ts';
import type { App } from './app.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import type { Readiness } from './operations-routes.ts';
import { Problem, problemResponses, problemSchema } from './problem.ts';

const apps: App[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

const seats = z.array(z.strictObject({ row: z.string(), 'a/b': z.int().optional() })).min(1);
const payment = z.union([z.strictObject({ card: z.string() }), z.strictObject({ iban: z.string(), bic: z.string() })]);
const order = z.strictObject({ id: z.string().min(2), seats, payment: payment.optional() }).meta({ id: 'Order' });

/** A service with one route for each thing that may go wrong. */
const sample = async (readiness: () => Readiness | Promise<Readiness> = () => ({ ready: true, checks: {} })) => {
  const lines: string[] = [];
  const log = createLogger('sample', 'debug', { write: (line) => lines.push(line) });
  const app = await createApp({
    name: 'sample',
    title: 'Sample service',
    description: 'A service to try the kit on',
    version: '1.2.3',
    log,
    registry: createMetrics('sample'),
    readiness,
    tags: [{ name: 'orders', description: 'What customers want' }],
  });
  app.post(
    '/v1/orders/:number',
    {
      schema: {
        tags: ['orders'],
        summary: 'Places an order',
        params: z.object({ number: z.string().regex(/^\d+$/).transform(Number) }),
        querystring: z.object({ dry: z.enum(['yes', 'no']).default('no') }),
        body: order,
        response: { 201: z.object({ number: z.int(), id: z.string() }), ...problemResponses(400, 409) },
      },
    },
    async (request, reply) => {
      if (request.body.id === 'taken') throw new Problem({ status: 409, detail: 'sold', extensions: { seat: 'A1' } });
      if (request.body.id === 'broken') throw new Error('secret inside', { cause: new Error('deeper') });
      return reply.code(201).send({ number: request.params.number, id: request.body.id });
    },
  );
  app.get('/lying', { schema: { response: { 200: z.object({ n: z.int() }) } } }, async () => ({ n: 0.5 }));
  apps.push(app);
  const place = (payload: object | undefined, url = '/v1/orders/7') =>
    app.inject({ method: 'POST', url, ...(payload === undefined ? {} : { payload }) });
  return { app, lines, place };
};

const good = { id: 'b1', seats: [{ row: 'A' }] };
const problemIn = (response: { headers: Record<string, unknown>; body: string }) => {
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
  return problemSchema.parse(JSON.parse(response.body));
};

describe('operations', () => {
  test('/healthz answers whatever the readiness', async () => {
    const { app } = await sample(() => ({ ready: false, checks: {} }));
    const response = await app.inject('/healthz');
    expect([response.statusCode, response.json()]).toEqual([200, { status: 'ok' }]);
  });

  test.for([
    [true, 200],
    [false, 503],
  ] as const)('/readyz, ready %s, answers %i with the checks', async ([ready, status]) => {
    const state = { ready, checks: { hubs: { ok: ready, detail: 'as asked' } } };
    const { app } = await sample(async () => state);
    const response = await app.inject('/readyz');
    expect([response.statusCode, response.json()]).toEqual([status, state]);
  });

  test('/metrics counts requests by route pattern under the service label', async () => {
    const { app, place } = await sample();
    await place(good);
    const { body, headers } = await app.inject('/metrics');
    expect(headers['content-type']).toContain('text/plain');
    expect(body).toContain(
      'http_request_duration_seconds_count{service="sample",method="POST",route="/v1/orders/:number",status="201"} 1',
    );
    expect(body).toMatch(/process_cpu_user_seconds_total\{service="sample"\}/);
  });

  test('a caller’s request id comes back, unless it is unfit, and there is always one', async () => {
    const { app } = await sample();
    const idFor = async (headers: Record<string, string>) =>
      (await app.inject({ url: '/healthz', headers })).headers['x-request-id'];
    expect(await idFor({ 'x-request-id': 'abc-1' })).toBe('abc-1');
    expect(await idFor({ 'x-request-id': 'a b' })).toMatch(/^[\da-f-]{36}$/);
    expect(await idFor({})).toMatch(/^[\da-f-]{36}$/);
  });

  test('a request that went well is logged at debug only', async () => {
    const { lines, place } = await sample();
    await place(good);
    expect(lines.filter((line) => !line.includes('"level":"debug"'))).toEqual([]);
    expect(lines.join('')).toContain('"status":201');
  });
});

describe('errors are problems', () => {
  const cases: [name: string, payload: object | undefined, faults: [string, string][]][] = [
    ['a missing body', undefined, [['body', '']]],
    [
      'every field at fault',
      { id: 'x', seats: [{ row: 1 }, { row: 2 }] },
      [
        ['body', '/id'],
        ['body', '/seats/0/row'],
        ['body', '/seats/1/row'],
      ],
    ],
    [
      'each unknown field',
      { ...good, p: 1, q: 2 },
      [
        ['body', '/p'],
        ['body', '/q'],
      ],
    ],
    ['a slash in a name is escaped', { id: 'b1', seats: [{ row: 'A', 'a/b': 'x' }] }, [['body', '/seats/0/a~1b']]],
    ['the closest alternative of a union', { ...good, payment: { iban: 'x' } }, [['body', '/payment/bic']]],
  ];
  test.for(cases)('400 names %s', async ([, payload, faults]) => {
    const { place } = await sample();
    const response = await place(payload);
    expect(response.statusCode).toBe(400);
    expect(problemIn(response).errors?.map((fault) => [fault.in, fault.path])).toEqual(faults);
  });

  test('400 covers all parts of the request at once', async () => {
    const { place } = await sample();
    const faults = problemIn(await place({ seats: [] }, '/v1/orders/x?dry=maybe')).errors;
    expect(faults?.map((fault) => `${fault.in}${fault.path}`)).toEqual([
      'params/number',
      'body/id',
      'body/seats',
      'querystring/dry',
    ]);
  });

  test('a part that passed and was converted is not checked twice', async () => {
    const { place } = await sample();
    const faults = problemIn(await place(good, '/v1/orders/7?dry=maybe')).errors;
    expect(faults?.map((fault) => `${fault.in}${fault.path}`)).toEqual(['querystring/dry']);
  });

  const requests: [
    name: string,
    status: number,
    request: { method: 'GET' | 'POST'; url: string; headers?: Record<string, string>; payload?: string },
  ][] = [
    ['an unknown route', 404, { method: 'GET', url: '/nowhere?q=1' }],
    ['a known route with another method', 404, { method: 'GET', url: '/v1/orders/7' }],
    ['a malformed address', 400, { method: 'GET', url: '/%zz' }],
    [
      'malformed JSON',
      400,
      { method: 'POST', url: '/v1/orders/7', headers: { 'content-type': 'application/json' }, payload: '{"id":' },
    ],
    [
      'a poisoned prototype',
      400,
      { method: 'POST', url: '/v1/orders/7', headers: { 'content-type': 'application/json' }, payload: '{"__proto__":{}}' },
    ],
    [
      'another media type',
      415,
      { method: 'POST', url: '/v1/orders/7', headers: { 'content-type': 'application/xml' }, payload: '<a/>' },
    ],
    [
      'what a foreign form can send',
      415,
      { method: 'POST', url: '/v1/orders/7', headers: { 'content-type': 'text/plain' }, payload: '{}' },
    ],
    [
      'a body above 1 MiB',
      413,
      {
        method: 'POST',
        url: '/v1/orders/7',
        headers: { 'content-type': 'application/json' },
        payload: `"${'x'.repeat(1_048_577)}"`,
      },
    ],
  ];
  test.for(requests)('%s gives %i', async ([, status, request]) => {
    const { app } = await sample();
    const response = await app.inject(request);
    expect(response.statusCode).toBe(status);
    const problem = problemIn(response);
    expect(problem).toMatchObject({ type: 'about:blank', status, requestId: response.headers['x-request-id'] });
    expect(problem.detail).not.toBe('');
  });

  test('a +json media type is read as JSON', async () => {
    const { app } = await sample();
    const headers = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
    const response = await app.inject({ method: 'POST', url: '/v1/orders/7', headers, payload: JSON.stringify(good) });
    expect([response.statusCode, response.json()]).toEqual([201, { number: 7, id: 'b1' }]);
  });

  test('a problem thrown by a route is sent as it is, extensions included', async () => {
    const { place } = await sample();
    const response = await place({ ...good, id: 'taken' });
    expect(problemIn(response)).toMatchObject({ status: 409, title: 'Conflict', detail: 'sold', seat: 'A1' });
  });

  test('an unexpected error is a 500 that says nothing of its inside, and is logged with its causes', async () => {
    const { place, lines } = await sample();
    const response = await place({ ...good, id: 'broken' });
    expect(response.statusCode).toBe(500);
    expect(Object.keys(problemIn(response))).toEqual(['type', 'title', 'status', 'requestId']);
    expect(response.body).not.toContain('inside');
    const logged = lines.find((line) => line.includes('"level":"error"'));
    expect(logged).toContain('"chain":["Error: secret inside","Error: deeper"]');
    expect(logged).toContain(String(response.headers['x-request-id']));
  });

  test('a response that does not fit its schema is a 500, and the log says where', async () => {
    const { app, lines } = await sample();
    const response = await app.inject('/lying');
    expect(response.statusCode).toBe(500);
    problemIn(response);
    expect(lines.find((line) => line.includes('"level":"error"'))).toMatch(/"route":"\/lying".*expected int/);
  });
});

describe('the OpenAPI document', () => {
  const documentSchema = z.looseObject({
    openapi: z.literal('3.1.0'),
    info: z.object({ title: z.string().min(1), description: z.string().min(1), version: z.string().min(1) }),
    tags: z.array(z.object({ name: z.string(), description: z.string().min(1) })).min(1),
    components: z.object({ schemas: z.record(z.string(), z.looseObject({})) }),
    paths: z.record(
      z.string().startsWith('/'),
      z.partialRecord(
        z.enum(['get', 'post', 'put', 'patch', 'delete']),
        z.looseObject({
          responses: z.record(
            z.string().regex(/^([1-5]\d\d|default)$/),
            z.object({
              description: z.string().min(1),
              content: z
                .record(z.string(), z.object({ schema: z.looseObject({}) }))
                .refine((types) => Object.keys(types).length > 0),
            }),
          ),
        }),
      ),
    ),
  });
  const document = async () => {
    const { app } = await sample();
    return documentSchema.parse((await app.inject('/openapi.json')).json());
  };

  test('has the shape of 3.1, and every operation documents its responses', async () => {
    const { info, paths, tags } = await document();
    expect(info).toEqual({ title: 'Sample service', description: 'A service to try the kit on', version: '1.2.3' });
    expect(tags.map(({ name }) => name)).toEqual(['orders', 'operations']);
    expect(Object.keys(paths).toSorted()).toEqual(['/healthz', '/lying', '/metrics', '/readyz', '/v1/orders/{number}']);
  });

  test('names no server, so that it holds wherever it is served', async () => {
    expect(await document()).not.toHaveProperty('servers');
  });

  test('documents problems under their media type, by reference', async () => {
    const { paths } = await document();
    expect(paths['/v1/orders/{number}']).toMatchObject({
      post: {
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/OrderInput' } } } },
        responses: {
          409: {
            description: 'Conflict',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
        },
      },
    });
  });

  test('holds the schemas it refers to, and no others', async () => {
    z.object({}).meta({ id: 'Stray' });
    const { components, paths } = await document();
    const used = [...JSON.stringify({ components, paths }).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name);
    expect(new Set(Object.keys(components.schemas))).toEqual(new Set(used));
  });

  test('is shown by the Swagger UI', async () => {
    const { app } = await sample();
    for (const address of ['/docs', '/docs/']) {
      const response = await app.inject(address);
      expect([response.statusCode, response.headers['content-type']]).toEqual([200, expect.stringContaining('text/html')]);
    }
    expect((await app.inject('/docs/static/swagger-ui-bundle.js')).statusCode).toBe(200);
  });

  test('a route that does not declare its responses is refused', async () => {
    const { app } = await sample();
    expect(() => app.get('/undocumented', async () => 'x')).toThrow('route GET /undocumented declares no response schema');
  });
});
