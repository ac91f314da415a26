import { documentSettings, hubsAreReachable, hubsSettings } from '@boxoffice/hubs';
import { integer, readEnv, serviceSettings, text } from '@boxoffice/service-kit';
import type { Env } from '@boxoffice/service-kit';
import { z } from 'zod';

/** The settings of payment-producer. */
export const settings = z
  .object({
    ...serviceSettings(8082),
    ...hubsSettings,
    ...documentSettings,
    bookingsHub: text('the name of a hub').default('bookings').describe('Hub to follow'),
    paymentsHub: text('the name of a hub').default('payments').describe('Hub to write payments to'),
    consumerGroup: text('the name of a consumer group')
      .default('payment-producer')
      .describe('Consumer group on the bookings hub'),
    idleAfterMs: integer({ min: 0, max: 3_600_000 })
      .default(1000)
      .describe(
        'How long a partition that has been read to its end rests before its payments leave by the clock; about a second at least',
      ),
    maxPending: integer({ min: 1000, max: 10_000_000 })
      .default(300_000)
      .describe('Payments that may wait for their time, in all; above it the earliest leave by the clock and reading pauses'),
    packing: integer({ min: 1, max: 100 }).default(1).describe('Payments in one message, at most; 1 sends each alone'),
    maxRuns: integer({ min: 1, max: 100 }).default(4).describe('Runs of orphans at the same time, at most'),
    chunkEvents: integer({ min: 1, max: 50_000 })
      .default(5000)
      .describe('Payments of a run of orphans that are sent and acknowledged together, at most'),
    skewMs: integer({ min: 0, max: 30 * 24 * 3_600_000 })
      .default(300_000)
      .describe(
        'How far ahead of the broker’s clock a booking may be; one further ahead is not paid, as the joiner quarantines it',
      ),
    checkpointEveryMs: integer({ min: 10, max: 600_000 })
      .default(1000)
      .describe('Least time between two checkpoints of a partition'),
    drainMs: integer({ min: 0, max: 600_000 })
      .default(10_000)
      .describe('How long to wait for what is in flight to be acknowledged when asked to stop'),
  })
  .superRefine(hubsAreReachable);

/** @see settings */
export type Config = z.output<typeof settings>;

/** @throws {ConfigError} naming every variable at fault. */
export const readConfig = (env: Env): Config => readEnv(settings, env);
