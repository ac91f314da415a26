import { documentSettings, hubsAreReachable, hubsSettings } from '@boxoffice/hubs';
import { integer, readEnv, serviceSettings, text } from '@boxoffice/service-kit';
import type { Env } from '@boxoffice/service-kit';
import { z } from 'zod';

/** The settings of booking-producer. */
export const settings = z
  .object({
    ...serviceSettings(8081),
    ...hubsSettings,
    ...documentSettings,
    bookingsHub: text('the name of a hub').default('bookings').describe('Hub to write bookings to'),
    maxRuns: integer({ min: 1, max: 100 }).default(4).describe('Runs at the same time, at most'),
    chunkEvents: integer({ min: 1, max: 50_000 })
      .default(5000)
      .describe('Bookings that are sent and acknowledged together, at most; two such chunks are in memory a run'),
    drainMs: integer({ min: 0, max: 600_000 })
      .default(10_000)
      .describe('How long a run that is stopped may wait for what is in flight to be acknowledged'),
  })
  .superRefine(hubsAreReachable);

/** @see settings */
export type Config = z.output<typeof settings>;

/** @throws {ConfigError} naming every variable at fault. */
export const readConfig = (env: Env): Config => readEnv(settings, env);
