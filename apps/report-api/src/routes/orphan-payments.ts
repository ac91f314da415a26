import { problemResponses } from '@boxoffice/service-kit';
import type { App } from '@boxoffice/service-kit';
import { z } from 'zod';
import { asOfFields } from '../as-of.ts';
import type { Source } from '../as-of.ts';
import { paymentSchema, toPayment } from '../booking-rows.ts';
import { afterField, limitField, nextSchema, runField } from '../query-fields.ts';
import { tags } from '../tags.ts';

const list = z
  .object({
    filters: z.object({ run: z.string().nullable(), limit: z.int() }).describe('What was asked, defaults filled in'),
    ...asOfFields,
    rows: z.array(paymentSchema),
    next: nextSchema,
  })
  .meta({ id: 'OrphanPaymentList', description: 'Payments in order of booking id and payment id' });

/** `GET /v1/payments/orphans` */
export const addOrphanPaymentsRoute = (app: App, { reports, asOf }: Source): void => {
  app.get(
    '/v1/payments/orphans',
    {
      schema: {
        tags: [tags.bookings.name],
        operationId: 'listOrphanPayments',
        summary: 'Payments without a booking',
        description: 'In order of booking id and payment id. A payment may come before its booking, and is an orphan until then.',
        querystring: z.strictObject({ run: runField, limit: limitField(1000), after: afterField }),
        response: { 200: list.describe('A page of payments'), ...problemResponses(400, 500, 503) },
      },
    },
    async ({ query: { run, limit, after } }) => {
      const age = await asOf();
      const { rows, next } = await reports.orphanPayments({ run, limit, after });
      return { filters: { run: run ?? null, limit }, ...age, rows: rows.map(toPayment), next };
    },
  );
};
