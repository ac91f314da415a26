import { problemResponses } from '@boxoffice/service-kit';
import type { App } from '@boxoffice/service-kit';
import type { QuarantineRow } from '@boxoffice/warehouse';
import { z } from 'zod';
import { asOfFields, instantSchema } from '../as-of.ts';
import type { Source } from '../as-of.ts';
import { afterField, limitField, nextSchema } from '../query-fields.ts';
import { tags } from '../tags.ts';

const list = z
  .object({
    filters: z.object({ limit: z.int() }).describe('What was asked, defaults filled in'),
    ...asOfFields,
    rows: z.array(
      z.object({
        id: z.string(),
        hub: z.string().describe('Where it stood: hub, partition, sequence number, and index in a message of several events'),
        partition: z.int(),
        sequenceNumber: z.int(),
        index: z.int(),
        enqueuedAt: instantSchema.describe('When its hub took it in'),
        reason: z.string().meta({ description: 'Kind of fault', examples: ['malformed-json'] }),
        detail: z.string().describe('Which fields, and what was expected'),
        bodyBytes: z
          .int()
          .describe('Length of the original in bytes; the bytes themselves may hold personal data and are not shown'),
        loadedAt: instantSchema.describe('When the warehouse took it in'),
      }),
    ),
    next: nextSchema,
  })
  .meta({ id: 'QuarantineList', description: 'Quarantined events, newest first' });

/** Without the bytes of the original. */
const toRow = ({
  id,
  hub,
  partition,
  sequenceNumber,
  index,
  enqueuedAt,
  reason,
  detail,
  bodyBytes,
  loadedAt,
}: QuarantineRow) => ({
  id,
  hub,
  partition,
  sequenceNumber,
  index,
  enqueuedAt,
  reason,
  detail,
  bodyBytes,
  loadedAt,
});

/** `GET /v1/quarantine` */
export const addQuarantineRoute = (app: App, { reports, asOf }: Source): void => {
  app.get(
    '/v1/quarantine',
    {
      schema: {
        tags: [tags.pipeline.name],
        operationId: 'listQuarantine',
        summary: 'Events that could not be read',
        description: 'Newest first.',
        querystring: z.strictObject({ limit: limitField(100), after: afterField }),
        response: { 200: list.describe('A page of events'), ...problemResponses(400, 500, 503) },
      },
    },
    async ({ query: { limit, after } }) => {
      const age = await asOf();
      const { rows, next } = await reports.quarantine({ limit, after });
      return { filters: { limit }, ...age, rows: rows.map(toRow), next };
    },
  );
};
