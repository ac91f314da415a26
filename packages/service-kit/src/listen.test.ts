import { once } from 'node:events';
import { Agent, get, IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';

import { expect, test } from 'vitest';
import { z } from 'zod';

import { createApp } from './app.ts';
import { listen } from './listen.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';

const ADDRESS = { host: '127.0.0.1', port: 0 };

/** A service whose `/slow` never answers. */
const sample = async () => {
  const asked = Promise.withResolvers<void>();
  const app = await createApp({
    name: 'sample',
    description: 'A service to try the kit on',
    version: '1.0.0',
    log: createLogger('sample', 'silent'),
    registry: createMetrics('sample'),
    readiness: () => ({ ready: true, checks: {} }),
  });
  app.get('/slow', { schema: { response: { 200: z.string() } } }, () => {
    asked.resolve();
    return new Promise<string>(() => {});
  });
  return { app, asked: asked.promise };
};

test('it tells the port it took, and answers there', async () => {
  const { app } = await sample();
  await using server = await listen(app, ADDRESS);
  expect(server.port).toBeGreaterThan(0);
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});

test('a port that is taken is an error that names PORT', async () => {
  const { app: first } = await sample();
  const { app: second } = await sample();
  await using server = await listen(first, ADDRESS);
  await expect(listen(second, { ...ADDRESS, port: server.port })).rejects.toThrow(
    `cannot listen on 127.0.0.1:${server.port}: the port is taken; set PORT to a free one`,
  );
  await second.close();
});

test('an address of another machine is an error that names HOST', async () => {
  const { app } = await sample();
  await expect(listen(app, { host: '192.0.2.1', port: 0 })).rejects.toThrow('set HOST');
  await app.close();
});

test('disposing finishes the answer in hand, and its keep-alive connection does not hold it up', async () => {
  const { app } = await sample();
  const slow = new PassThrough();
  app.get('/stream', { schema: { hide: true } }, (_request, reply) => reply.send(slow));
  const agent = new Agent({ keepAlive: true });
  const server = await listen(app, { ...ADDRESS, graceMs: 60_000 });
  const request = get(`${server.url}/stream`, { agent });
  slow.write('first, ');
  const [response] = z.tuple([z.instanceof(IncomingMessage)]).parse(await once(request, 'response'));
  const closed = server[Symbol.asyncDispose]();
  slow.end('last');
  expect(await text(response)).toBe('first, last');
  await closed;
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  agent.destroy();
});

test('a request that never ends is cut off after the grace', async () => {
  const { app, asked } = await sample();
  const server = await listen(app, { ...ADDRESS, graceMs: 10 });
  const cut = expect(fetch(`${server.url}/slow`)).rejects.toThrow();
  await asked;
  await server[Symbol.asyncDispose]();
  await cut;
});
