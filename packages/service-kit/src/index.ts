export { ConfigError } from './config-error.ts';
export type { ConfigFault } from './config-error.ts';
export { readEnv } from './read-env.ts';
export type { Env } from './read-env.ts';
export { envVariables } from './env-variables.ts';
export type { EnvVariable } from './env-variables.ts';
export { choice, decimal, flag, integer, port, text, url } from './setting-fields.ts';
export type { Bounds } from './setting-fields.ts';
export { serviceSettings } from './service-settings.ts';

export { createLogger } from './logger.ts';
export type { Logger, LogLevel } from './logger.ts';
export { runService } from './run-service.ts';
export type { ServiceContext } from './run-service.ts';

export { createApp } from './app.ts';
export type { App, AppOptions } from './app.ts';
export type { Tag } from './openapi-document.ts';
export type { Readiness } from './operations-routes.ts';
export { Problem, problemResponses, problemSchema } from './problem.ts';
export type { FieldFault, ProblemInit } from './problem.ts';
export { listen } from './listen.ts';
export type { Listening } from './listen.ts';

export { createMetrics } from './metrics.ts';
export { Counter, Gauge, Histogram } from 'prom-client';
export type { Registry } from 'prom-client';
