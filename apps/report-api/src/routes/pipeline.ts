import { problemResponses } from '@boxoffice/service-kit';
import type { App } from '@boxoffice/service-kit';
import { z } from 'zod';
import { asOfFields, instantSchema } from '../as-of.ts';
import type { Source } from '../as-of.ts';
import { tags } from '../tags.ts';

const position = z.int().nullable();
const watermark = instantSchema.nullable();

const report = z
  .object({
    ...asOfFields,
    partitions: z.array(
      z.object({
        partition: z.int(),
        joinedReadTo: position.describe('Last sequence number of the joined hub that was loaded; null while none was'),
        joinedLoadedAt: watermark.describe('When that was loaded'),
        watermark: watermark.describe('Event time up to which the joiner has joined; null until the partition has reported'),
        generation: z.int().nullable().describe('Grows each time the partition gets another joiner'),
        bookingsReadTo: position.describe('Last sequence number of the bookings hub that the joiner had read'),
        bookingsWatermark: watermark,
        paymentsReadTo: position.describe('Last sequence number of the payments hub that the joiner had read'),
        paymentsWatermark: watermark,
        cutAt: watermark.describe('When the joiner made its last progress event'),
        progressLoadedAt: watermark.describe('When that was loaded'),
      }),
    ),
  })
  .meta({ id: 'PipelineReport', description: 'How far each partition has got' });

/** `GET /v1/pipeline` */
export const addPipelineRoute = (app: App, { reports, now }: Source): void => {
  app.get(
    '/v1/pipeline',
    {
      schema: {
        tags: [tags.pipeline.name],
        operationId: 'getPipeline',
        summary: 'How far the data is complete',
        querystring: z.strictObject({}),
        response: { 200: report.describe('Watermarks and positions by partition'), ...problemResponses(400, 500, 503) },
      },
    },
    async () => {
      const { completeThrough, partitions } = await reports.pipeline();
      return { completeThrough, generatedAt: new Date(now()).toISOString(), partitions: [...partitions] };
    },
  );
};
