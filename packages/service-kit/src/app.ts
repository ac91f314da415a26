import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { fastify, LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance, RouteOptions } from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Registry } from 'prom-client';

import { replyNotFound, replyWithProblem } from './error-replies.ts';
import type { Logger } from './logger.ts';
import { openApiSettings } from './openapi-document.ts';
import type { Tag } from './openapi-document.ts';
import { addOperationsRoutes } from './operations-routes.ts';
import type { Readiness } from './operations-routes.ts';
import { observeRequests } from './request-metrics.ts';
import { validatorCompiler } from './request-faults.ts';

/** A Fastify instance whose route schemas are zod schemas. */
export type App = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>;

/** What makes one service's HTTP surface differ from another's, routes apart. */
export interface AppOptions {
  readonly name: string;
  /** Title of the OpenAPI document; defaults to `name`. */
  readonly title?: string;
  readonly description: string;
  readonly version: string;
  readonly log: Logger;
  readonly registry: Registry;
  readonly readiness: () => Readiness | Promise<Readiness>;
  /** Headings for the service's own routes in the OpenAPI document. */
  readonly tags?: readonly Tag[];
}

/** A caller's id is kept, so that one id runs through several services, unless it could not stand in a log or a header. */
const requestId = ({ headers }: IncomingMessage): string => {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
};

const refuseUndocumented = ({ method, url, schema }: RouteOptions): void => {
  if (schema?.hide === true || schema?.response !== undefined) return;
  throw new Error(`route ${String(method)} ${url} declares no response schema (schema.response, or schema.hide: true)`);
};

/**
 * The HTTP surface of a service; add its routes to what is returned, then `listen`.
 *
 * - `/healthz`, `/readyz`, `/metrics`; OpenAPI 3.1 at `/openapi.json`, Swagger UI at `/docs`.
 * - Every error is `application/problem+json`; an invalid request lists every field at fault.
 * - A route must declare its responses (or `hide: true`), and a response that does not fit its schema is a 500 that is logged.
 * - Bodies up to 1 MiB, `application/json` or any `application/*+json`; 30 s to receive a request, 30 s to answer it
 *   (`handlerTimeout` of a route overrides the latter).
 * - Requests are logged at `debug` only, and counted in `http_request_duration_seconds`.
 */
export const createApp = async (options: AppOptions): Promise<App> => {
  const { name, title = name, description, version, log, registry, readiness, tags = [] } = options;
  const baseLogger: FastifyBaseLogger = log;
  const app: App = fastify({
    loggerInstance: baseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    bodyLimit: 1_048_576,
    // An id of 128 characters may come percent-encoded, three characters for each byte; the router measures it decoded.
    routerOptions: { maxParamLength: 384 },
    requestTimeout: 30_000,
    handlerTimeout: 30_000,
    frameworkErrors: replyWithProblem,
    // A request that comes in on an open connection while we drain is served, and told that the connection closes.
    return503OnClosing: false,
  }).withTypeProvider<ZodTypeProvider>();

  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(replyWithProblem);
  app.setNotFoundHandler(replyNotFound);
  // Without this a form of a foreign web page could post text/plain across origins, and it would be read as a body.
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser(/^application\/[\w.-]+\+json/, { parseAs: 'string' }, app.getDefaultJsonParser('error', 'error'));
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
  });
  observeRequests(app, registry);

  await app.register(swagger, openApiSettings({ title, description, version }, tags));
  await app.register(swaggerUi, { routePrefix: '/docs', uiConfig: { validatorUrl: null } });
  app.addHook('onRoute', refuseUndocumented);
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  addOperationsRoutes(app, registry, readiness);
  return app;
};
