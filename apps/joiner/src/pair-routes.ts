import { Problem, problemResponses } from '@boxoffice/service-kit';
import type { App } from '@boxoffice/service-kit';
import { z } from 'zod';
import { ofEach } from './inputs.ts';
import type { Joiner } from './joiner.ts';
import { NotNowError } from './operations.ts';
import type { Operations } from './operations.ts';
import type { OwnedPair } from './owned.ts';
import { reasons, standingOf } from './standing.ts';
import type { InputStanding } from './standing.ts';

const count = z.int().min(0);
const position = z.int().min(-1);
const instant = z.iso.datetime().nullable();
const partitionNumber = z
  .string()
  .regex(/^\d{1,4}$/, 'expected the number of a partition, from 0')
  .meta({ description: 'The number of a partition, from 0' });

const input = z.object({
  readTo: position.meta({ description: 'Last sequence number read; -1 for none' }),
  checkpointedTo: position.meta({
    description: 'Last sequence number whose outputs the joined hub has acknowledged, durably noted; -1 for none',
  }),
  lag: count.meta({ description: 'Messages that the broker had, when last asked, beyond the last one read' }),
  lagSeconds: z.number().min(0).meta({ description: 'How long after the last one read the newest of them came in, seconds' }),
  caughtUp: z.boolean().meta({ description: 'Whether the broker said, when last asked, that there was nothing more' }),
  held: z.enum(['barrier', 'alignment', 'state']).nullable().meta({
    description:
      'What it waits for with a message in hand. barrier: the other input, to come to where it was; alignment: the other input, which is behind in event time; state: the other input, for the state is as large as it may be',
  }),
  watermark: instant.meta({ description: 'Event time up to which the input is complete; null until it was heard of' }),
  open: count.meta({ description: 'Events waiting in state' }),
});

const pairState = z
  .object({
    partition: count,
    phase: z.enum(['claiming', 'replaying', 'repeating', 'live', 'fenced', 'refused']).meta({
      description:
        'replaying: reading again to rebuild the state after a restart, silently; repeating: reading the past again, aloud; fenced: another instance has it, or it was changed and is taken up again; refused: somebody has to decide',
    }),
    standing: z
      .object({ reason: z.enum(reasons), detail: z.string() })
      .meta({ description: 'Why the watermark stands where it stands' }),
    generation: count.meta({ description: 'Grows each time the pair gets an owner' }),
    watermark: instant.meta({
      description: 'Event time up to which everything has been joined; null until both inputs were heard of',
    }),
    bookings: input,
    payments: input,
    stateBytes: count.meta({ description: 'Memory that the state takes, bytes, as estimated' }),
    waitingPayments: count.meta({ description: 'On-time payments that no joined event carries yet' }),
    ledger: z
      .object({
        received: count,
        opened: count,
        payments: count,
        refunds: count,
        duplicate: count,
        late: count,
        quarantined: count,
        lost: count,
      })
      .meta({
        description:
          'received = opened + payments + refunds + duplicate + late + quarantined; lost: messages that retention deleted unread, and that somebody gave up',
      }),
    outputs: z.object({ matched: count, bookingUnmatched: count, paymentUnmatched: count }),
    replayed: count.meta({ description: 'Messages read again since the start' }),
  })
  .meta({ id: 'Pair' });

const iso = (ms: number): string | null => (Number.isFinite(ms) ? new Date(ms).toISOString() : null);

const inputState = ({ watermark, held, ...rest }: InputStanding): z.infer<typeof input> => ({
  ...rest,
  held: held ?? null,
  watermark: iso(watermark),
});

const nothing = {
  ledger: { received: 0, opened: 0, payments: 0, refunds: 0, duplicate: 0, late: 0, quarantined: 0, lost: 0 },
  outputs: { matched: 0, bookingUnmatched: 0, paymentUnmatched: 0 },
};

const stateOf = (pair: OwnedPair, now: number): z.infer<typeof pairState> => {
  const { phase, standing, inputs, status } = standingOf(pair, now);
  const { ledger, outputs } = status ?? pair.checkpoint ?? nothing;
  return {
    partition: pair.partition,
    phase,
    standing,
    generation: pair.checkpoint?.generation ?? 0,
    watermark: iso(status?.watermarks.joined ?? -Infinity),
    ...ofEach((name) => inputState(inputs[name])),
    stateBytes: Math.round(status?.stateBytes ?? 0),
    waitingPayments: status?.waitingPayments ?? 0,
    ledger,
    outputs,
    replayed: status?.replayed ?? 0,
  };
};

const replayFrom = z
  .union([z.literal('earliest'), z.iso.datetime({ offset: true })])
  .meta({ description: 'An instant of the broker’s clock (when messages came in), or everything that the hubs still hold' });

const orNotNow = async <T>(operation: Promise<T>): Promise<T> => {
  try {
    return await operation;
  } catch (error) {
    if (!(error instanceof NotNowError)) throw error;
    throw new Problem({ status: 503, detail: `Nothing was changed: ${error.message}; ask again later`, cause: error });
  }
};

/** `GET /v1/partitions`, `POST /v1/replay` and `POST /v1/partitions/{partition}/accept-loss`. */
export const addPairRoutes = (app: App, joiner: Pick<Joiner, 'pairs'>, operations: Operations, now: () => number): void => {
  app.get(
    '/v1/partitions',
    {
      schema: {
        tags: ['join'],
        operationId: 'getPartitions',
        summary: 'Where each pair of partitions stands, and why',
        description:
          'One entry for each pair that this instance owns or has lately lost, in order of partition. Positions are sequence numbers.',
        response: { 200: z.object({ partitions: z.array(pairState) }).meta({ id: 'Pairs' }) },
      },
    },
    async () => ({ partitions: joiner.pairs().map((pair) => stateOf(pair, now())) }),
  );

  const from = z.object({ partition: count, bookings: count, payments: count });
  app.post(
    '/v1/replay',
    {
      schema: {
        tags: ['join'],
        operationId: 'postReplay',
        summary: 'Read the past again',
        description:
          'Every pair, whoever owns it, reads again from here on, or from where it would have to after a restart if that is earlier, and says again what ' +
          'follows. Facts stay exact, and what was counted is not counted again; notices may repeat. Instances other than this one begin within a lease.',
        body: z.strictObject({ from: replayFrom }),
        response: {
          202: z
            .object({
              partitions: z.array(from).meta({ description: 'The sequence numbers that each pair begins at' }),
            })
            .meta({ id: 'Replay' }),
          ...problemResponses(400, 413, 415, 503),
        },
      },
    },
    async (request, reply) => {
      const { from: begin } = request.body;
      const partitions = await orNotNow(operations.replay(begin === 'earliest' ? 'earliest' : Date.parse(begin)));
      return reply.code(202).send({ partitions: [...partitions] });
    },
  );

  app.post(
    '/v1/partitions/:partition/accept-loss',
    {
      schema: {
        tags: ['join'],
        operationId: 'postAcceptLoss',
        summary: 'Go on without what a pair has lost',
        description:
          'For a pair that is `refused`, asked of the instance that owns it: it goes on with what its hub holds, and what retention deleted unread is counted as lost.',
        params: z.object({ partition: partitionNumber }),
        response: {
          202: z
            .object({ partition: count, lost: count.meta({ description: 'All that the pair has lost so far, messages' }) })
            .meta({ id: 'AcceptedLoss' }),
          ...problemResponses(400, 404, 409, 415, 503),
        },
      },
    },
    async (request, reply) => {
      const partition = Number(request.params.partition);
      const outcome = await orNotNow(operations.acceptLoss(partition));
      if (outcome === 'not-owned')
        throw new Problem({
          status: 404,
          detail: `This instance does not own pair ${partition}; ask the one that does`,
        });
      if (outcome === 'not-refused')
        throw new Problem({
          status: 409,
          detail: `Pair ${partition} has lost nothing that somebody would have to accept`,
        });
      return reply.code(202).send({ partition, lost: outcome.lost });
    },
  );
};
