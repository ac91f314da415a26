import type { Hubs } from '@boxoffice/hubs';
import { Problem, problemResponses } from '@boxoffice/service-kit';
import type { App } from '@boxoffice/service-kit';
import { z } from 'zod';
import { orAborted } from './or-aborted.ts';
import type { Payers } from './follow-bookings.ts';

const partitionSchema = z
  .object({
    partition: z.int(),
    readTo: z.int().nullable().describe('Sequence number of the last booking message that was read; null before the first'),
    lastEnqueued: z
      .int()
      .nullable()
      .describe('Sequence number of the last one that is there, by the broker’s word; null when none ever was'),
    lag: z.int().describe('Messages that are there and have not been read'),
    pending: z.int().describe('Payments that are not acknowledged'),
    due: z.int().describe('Those of them whose time has come, in flight or not'),
    nextDueAt: z.iso.datetime().nullable().describe('When the next payment falls due, of those not in flight'),
    watermark: z.iso.datetime().nullable().describe('The latest event time of a booking that was read'),
  })
  .meta({ id: 'Partition' });

const time = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

/**
 * `GET /v1/partitions`: how far the bookings have been read and paid. The broker is asked first and the payers after, so lag 0 and
 * due 0 mean that every booking which was there when the request came has been read, and every payment due by now acknowledged.
 */
export const addPartitionsRoute = (
  app: App,
  {
    hubs,
    bookingsHub,
    payers,
    now = Date.now,
  }: { readonly hubs: Hubs; readonly bookingsHub: string; readonly payers: () => Payers; readonly now?: () => number },
): void => {
  app.get(
    '/v1/partitions',
    {
      schema: {
        tags: ['partitions'],
        operationId: 'listPartitions',
        summary: 'How far the bookings have been read, and which payments wait',
        description: 'All is drained when `lag` and `due` of every partition are 0.',
        response: { 200: z.object({ partitions: z.array(partitionSchema) }), ...problemResponses(503) },
      },
    },
    async () => {
      const unanswered = new Problem({ status: 503, detail: 'Event Hubs does not answer' });
      const known = payers();
      if (known.length === 0) throw unanswered;
      const asked = Promise.all(known.map((_, partition) => hubs.partitionState(bookingsHub, partition)));
      const states = await orAborted(asked, AbortSignal.timeout(5_000));
      if (states === undefined) throw unanswered;
      const partitions = known.map((payer, partition) => {
        const { readTo, watermark, pending, due, nextDueAt } = payer.state(now());
        const {
          beginSequenceNumber,
          lastSequenceNumber: last,
          isEmpty,
        } = states[partition] ?? { beginSequenceNumber: -1, lastSequenceNumber: -1, isEmpty: true };
        const lag = isEmpty ? 0 : Math.max(0, last - Math.max(readTo ?? -1, beginSequenceNumber - 1));
        const lastEnqueued = last < 0 ? null : last;
        return { partition, readTo, lastEnqueued, lag, pending, due, nextDueAt: time(nextDueAt), watermark: time(watermark) };
      });
      return { partitions };
    },
  );
};
