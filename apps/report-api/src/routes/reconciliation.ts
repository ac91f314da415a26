import { problemResponses } from '@boxoffice/service-kit';
import type { App } from '@boxoffice/service-kit';
import { z } from 'zod';
import { asOfFields } from '../as-of.ts';
import type { Source } from '../as-of.ts';
import { tags } from '../tags.ts';

const figures = {
  received: z.int().describe('Events the joiner read live'),
  opened: z.int().describe('On-time bookings'),
  payments: z.int().describe('On-time payments, captured or declined'),
  refunds: z.int().describe('On-time refunds'),
  duplicate: z.int().describe('Events that had come before'),
  late: z.int().describe("Events behind their own input's watermark"),
  quarantined: z.int().describe('Events that could not be read'),
  lost: z.int().describe('Messages deleted by retention before they were read, and given up; part of no other figure'),
  matched: z.int().describe('Pairs of a booking and a payment'),
  bookingUnmatched: z.int().describe('Bookings whose window closed without a payment'),
  paymentUnmatched: z.int().describe('Payments whose window closed without a booking'),
  waitingPayments: z.int().describe('On-time payments that wait in the joiner for their booking'),
  loadedBookings: z.int().describe('Bookings the warehouse holds'),
  loadedPayments: z.int().describe('Captured and declined payments the warehouse holds'),
  loadedRefunds: z.int().describe('Refunds the warehouse holds'),
  conflicts: z.int().describe('Contents that lost against another under one id: facts of the joiner that have no row'),
  unaccounted: z.int().describe('On-time facts of the joiner that neither wait there nor are in the warehouse'),
  addsUp: z
    .boolean()
    .describe('received = opened + payments + refunds + duplicate + late + quarantined, and nothing is unaccounted for'),
};

const report = z
  .object({
    ...asOfFields,
    addsUp: z.boolean().describe('Whether every event that entered is accounted for, in all partitions'),
    total: z.object(figures),
    partitions: z.array(z.object({ partition: z.int(), ...figures })),
  })
  .meta({ id: 'ReconciliationReport', description: 'The ledger: what became of every event; all figures are counts' });

/** `GET /v1/pipeline/reconciliation` */
export const addReconciliationRoute = (app: App, { reports, asOf }: Source): void => {
  app.get(
    '/v1/pipeline/reconciliation',
    {
      schema: {
        tags: [tags.pipeline.name],
        operationId: 'getReconciliation',
        summary: 'Whether every event is accounted for',
        querystring: z.strictObject({}),
        response: { 200: report.describe('The ledger by partition, and in total'), ...problemResponses(400, 500, 503) },
      },
    },
    async () => {
      const age = await asOf();
      const { total, partitions } = await reports.ledger();
      return { ...age, addsUp: total.addsUp, total, partitions: [...partitions] };
    },
  );
};
