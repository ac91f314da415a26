import { z } from 'zod';
import { documentSettings, hubsAreReachable, hubsSettings } from '@boxoffice/hubs';
import { integer, readEnv, serviceSettings, text } from '@boxoffice/service-kit';
import type { Env } from '@boxoffice/service-kit';
import { warehouseSettings } from '@boxoffice/warehouse';

const ms = (value: number, description: string) =>
  integer({ min: 0, max: 30 * 24 * 3_600_000 })
    .default(value)
    .describe(description);
const hub = (name: string, description: string) => text('the name of a hub').default(name).describe(description);

/** The joiner's settings. */
export const settings = z
  .object({
    ...serviceSettings(8083),
    ...hubsSettings,
    ...documentSettings,
    ...warehouseSettings,
    bookingsHub: hub('bookings', 'Hub to read bookings from'),
    paymentsHub: hub('payments', 'Hub to read payments from'),
    joinedHub: hub('joined', 'Hub to write joined events to'),
    quarantineHub: hub('quarantine', 'Hub to write what cannot be read to'),
    consumerGroup: text('the name of a consumer group').default('joiner').describe('Consumer group on both inputs'),
    instanceId: text('a name')
      .optional()
      .describe(
        'Name of this instance among those that share the partitions; started again under it, it has its partitions back at once. Unset, a new name with each start',
      ),
    leaseMs: integer({ min: 300, max: 600_000 })
      .default(15_000)
      .describe('How long without a renewal until another instance takes a partition over; it looks three times as often'),
    beforeMs: ms(120_000, 'How long before its booking a payment may lie, for two clocks that disagree'),
    afterMs: ms(900_000, 'How long after its booking a payment may lie: the hold of the seats'),
    boundMs: ms(300_000, 'How far out of order an input may be before an event is late'),
    skewMs: ms(300_000, 'How far ahead of the broker’s clock an event time may be before it is quarantined'),
    idleAfterMs: ms(60_000, 'How long an input rests before it is declared complete by a tick'),
    tickToleranceMs: ms(300_000, 'How far behind the clock a tick stays'),
    lookEveryMs: integer({ min: 0, max: 60_000 })
      .default(1000)
      .describe('Least time between two questions to the broker where a quiet input ends; a busy one is asked a fifth as often'),
    alignmentMs: ms(900_000, 'How far in event time one input may run ahead of the other’s backlog'),
    stateMaxBytes: integer({ min: 1_000_000, max: 1e12 })
      .default(536_870_912)
      .describe('State of one pair of partitions, at most, in bytes as estimated; above it the input that is ahead waits'),
    checkpointEveryMs: integer({ min: 10, max: 600_000 }).default(1000).describe('Least time between two checkpoints of a pair'),
    packing: integer({ min: 1, max: 1000 }).default(50).describe('Joined events in one message, at most; 1 sends each alone'),
    outboxEvents: integer({ min: 1, max: 1_000_000 })
      .default(5000)
      .describe('Joined events that may wait for the hub before reading pauses'),
    customerHmacKey: text('a secret of at least 16 characters')
      .refine((key) => key.length >= 16, 'a secret of at least 16 characters')
      .optional()
      .describe(
        'Secret that makes the customer keys of legacy bookings, the same for all instances; unset, the customer is withheld',
      ),
    drainMs: ms(10_000, 'How long to try to send what is left when asked to stop'),
    catalogueRefreshMs: integer({ min: 100, max: 86_400_000 })
      .default(30_000)
      .describe('Time between two looks at the catalogue of shows'),
  })
  .superRefine(hubsAreReachable);

/** @see settings */
export type Config = z.infer<typeof settings>;

/** @throws {ConfigError} naming every variable at fault. */
export const readConfig = (env: Env): Config => readEnv(settings, env);
