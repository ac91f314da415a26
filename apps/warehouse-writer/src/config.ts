import { hubsAreReachable, hubsSettings } from '@boxoffice/hubs';
import { integer, readEnv, serviceSettings, text } from '@boxoffice/service-kit';
import type { Env } from '@boxoffice/service-kit';
import { warehouseSettings } from '@boxoffice/warehouse';
import { z } from 'zod';

const hub = (name: string, description: string) => text('the name of a hub').default(name).describe(description);

/** The writer's settings. */
export const settings = z
  .object({
    ...serviceSettings(8084),
    ...hubsSettings,
    ...warehouseSettings,
    joinedHub: hub('joined', 'Hub to load joined events and progress from'),
    quarantineHub: hub('quarantine', 'Hub to load quarantined events from'),
    consumerGroup: text('the name of a consumer group').default('warehouse-writer').describe('Consumer group on both hubs'),
    batchEvents: integer({ min: 1, max: 100_000 })
      .default(5000)
      .describe('Events in one transaction; a message that packs several is never parted, so it may be a few more'),
    lingerMs: integer({ min: 0, max: 60_000 })
      .default(200)
      .describe('How long the first event of a batch waits for others to join it'),
    retryMaxMs: integer({ min: 10, max: 600_000 })
      .default(5000)
      .describe('Longest wait between two tries while the warehouse is away'),
  })
  .superRefine(hubsAreReachable);

/** @see settings */
export type Config = z.infer<typeof settings>;

/** @throws {ConfigError} naming every variable at fault. */
export const readConfig = (env: Env): Config => readEnv(settings, env);
