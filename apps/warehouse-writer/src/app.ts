import type { Hubs } from '@boxoffice/hubs';
import { Problem, createApp, problemResponses } from '@boxoffice/service-kit';
import type { App, Logger, Registry } from '@boxoffice/service-kit';
import { z } from 'zod';
import { lagOf } from './lag.ts';
import type { Writer } from './writer.ts';

const partitionSchema = z
  .object({
    stream: z.enum(['joined', 'quarantine']),
    hub: z.string(),
    partition: z.int(),
    loaded: z.int().nullable().describe('Sequence number of the last message in the warehouse; null before the first'),
    lastEnqueued: z
      .int()
      .nullable()
      .describe('Sequence number of the last message in the hub, by the broker’s word; null when there never was one'),
    lag: z.int().describe('Messages in the hub that are not in the warehouse'),
  })
  .meta({ id: 'Partition' });

/** The writer's HTTP surface; ready while it loads and both the broker and the warehouse answer. */
export const createWriterApp = async (hubs: Hubs, writer: Writer, registry: Registry, log: Logger): Promise<App> => {
  const app = await createApp({
    name: 'warehouse-writer',
    title: 'Box Office warehouse-writer',
    description: 'Loads the joined and the quarantine hub into the SQL warehouse.',
    version: '1.0.0',
    log,
    registry,
    readiness() {
      const broker = hubs.health();
      const obstacle = writer.obstacle();
      return {
        ready: broker.ok && obstacle === undefined,
        checks: {
          eventHubs: { ok: broker.ok, detail: broker.detail },
          warehouse: { ok: obstacle === undefined, detail: obstacle ?? `loads ${writer.partitions().length} partitions` },
        },
      };
    },
    tags: [{ name: 'partitions', description: 'How far the hubs are loaded' }],
  });
  app.get(
    '/v1/partitions',
    {
      schema: {
        tags: ['partitions'],
        operationId: 'listPartitions',
        summary: 'How far each partition of each hub is loaded',
        description: 'Positions are sequence numbers. All is loaded when every `lag` is 0.',
        response: { 200: z.object({ partitions: z.array(partitionSchema) }), ...problemResponses(503) },
      },
    },
    async () => {
      const partitions = writer.partitions();
      if (partitions.length === 0) throw new Problem({ status: 503, detail: writer.obstacle() ?? 'not started yet' });
      try {
        return { partitions: await lagOf(hubs, partitions) };
      } catch (error) {
        throw new Problem({ status: 503, detail: 'Event Hubs does not answer', cause: error });
      }
    },
  );
  return app;
};
