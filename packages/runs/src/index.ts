export type { Run } from './begin-run.ts';
export { messagesOf } from './messages.ts';
export { createRunMetrics } from './run-metrics.ts';
export { addRunRoutes, runSchemaOf } from './run-routes.ts';
export { openRunStore } from './run-store.ts';
export { openRuns } from './runs.ts';
export type { Runs } from './runs.ts';
