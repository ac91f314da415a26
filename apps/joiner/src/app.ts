import { z } from 'zod';
import type { Hubs } from '@boxoffice/hubs';
import { createApp } from '@boxoffice/service-kit';
import type { App, Logger } from '@boxoffice/service-kit';
import { createJoinerMetrics } from './metrics.ts';
import type { RunningPair } from './run-pair.ts';

const count = z.int().min(0);
const instant = z.iso.datetime().nullable();
const input = z.object({
  readTo: z.int().min(-1).meta({ description: 'Last sequence number read; -1 for none' }),
  checkpointedTo: z
    .int()
    .min(-1)
    .meta({ description: 'Last sequence number whose outputs the joined hub has acknowledged, durably noted; -1 for none' }),
  caughtUp: z.boolean().meta({ description: 'Whether the broker said, when last asked, that there was nothing more' }),
  watermark: instant.meta({ description: 'Event time up to which the input is complete; null until it was heard of' }),
  open: count.meta({ description: 'Events waiting in state' }),
});

const pairState = z
  .object({
    partition: count,
    phase: z
      .enum(['replaying', 'live'])
      .meta({ description: 'replaying: reading again to rebuild the state after a restart, silently' }),
    generation: count.meta({ description: 'Grows each time the pair gets an owner' }),
    watermark: instant.meta({
      description: 'Event time up to which everything has been joined; null until both inputs were heard of',
    }),
    bookings: input,
    payments: input,
    ledger: z
      .object({
        received: count,
        opened: count,
        payments: count,
        refunds: count,
        duplicate: count,
        late: count,
        quarantined: count,
      })
      .meta({ description: 'received = opened + payments + refunds + duplicate + late + quarantined' }),
    outputs: z.object({ matched: count, bookingUnmatched: count, paymentUnmatched: count }),
    replayed: count.meta({ description: 'Messages read again since the start' }),
  })
  .meta({ id: 'Pair' });

const iso = (ms: number): string | null => (Number.isFinite(ms) ? new Date(ms).toISOString() : null);

const stateOf = (pair: RunningPair): z.infer<typeof pairState> => {
  const { phase, generation, readTo, watermarks, open, ledger, outputs, replayed } = pair.status();
  const side = (name: 'bookings' | 'payments') => ({
    readTo: readTo[name],
    checkpointedTo: pair.checkpointed().readTo[name],
    caughtUp: pair.caughtUp(name),
    watermark: iso(watermarks[name]),
    open: open[name],
  });
  return {
    partition: pair.partition,
    phase,
    generation,
    watermark: iso(watermarks.joined),
    bookings: side('bookings'),
    payments: side('payments'),
    ledger,
    outputs,
    replayed,
  };
};

/** The joiner's HTTP surface; ready once every pair has passed its barrier and the hubs answer. */
export const createJoinerApp = async (hubs: Hubs, pairs: () => readonly RunningPair[], log: Logger): Promise<App> => {
  const app = await createApp({
    name: 'joiner',
    title: 'Box Office joiner',
    description: 'Joins bookings and payments in event time, onto the joined hub.',
    version: '1.0.0',
    log,
    registry: createJoinerMetrics(pairs),
    tags: [{ name: 'join', description: 'How the join stands' }],
    readiness() {
      const broker = hubs.health();
      const live = pairs().filter((pair) => pair.status().phase === 'live').length;
      const allLive = pairs().length > 0 && live === pairs().length;
      return {
        ready: broker.ok && allLive,
        checks: {
          eventHubs: broker,
          pairs: { ok: allLive, detail: `${live} of ${pairs().length} pairs of partitions are live` },
        },
      };
    },
  });
  app.get(
    '/v1/partitions',
    {
      schema: {
        tags: ['join'],
        summary: 'Where each pair of partitions stands',
        description: 'One entry for each pair that this instance owns, in order of partition. Positions are sequence numbers.',
        response: { 200: z.object({ partitions: z.array(pairState) }).meta({ id: 'Pairs' }) },
      },
    },
    async () => ({ partitions: pairs().map(stateOf) }),
  );
  return app;
};
