import { problemResponses } from '@boxoffice/service-kit';
import type { App } from '@boxoffice/service-kit';
import { z } from 'zod';
import { asOfFields, instantSchema } from '../as-of.ts';
import type { Source } from '../as-of.ts';
import { rangeFields, runField } from '../query-fields.ts';
import { coveredRange, rangeRules } from '../range.ts';
import { tags } from '../tags.ts';

const querystring = z.strictObject({ ...rangeFields, run: runField });

const report = z
  .object({
    filters: z
      .object({
        from: instantSchema.nullable().describe('Null where the range is open: a whole run'),
        to: instantSchema.nullable(),
        run: z.string().nullable(),
      })
      .describe('What was asked, defaults filled in'),
    ...asOfFields,
    placed: z.int().describe('Bookings; placed = paidInTime + paidLate + declined + abandoned + pending'),
    paidInTime: z.int().describe('First captured while the hold lasted, whether or not refunded since'),
    paidLate: z.int().describe('First captured after the hold had ended'),
    declined: z.int().describe('Tried, and never captured'),
    abandoned: z.int().describe('Nothing was tried, and the hold has ended'),
    pending: z.int().describe('Nothing was tried yet'),
    refunded: z.int().describe('Bookings given back in full; counted once more out of those above'),
    partiallyRefunded: z.int().describe('Bookings given back in part; counted once more'),
    overpaid: z.int().describe('Bookings for which more than the total was captured; counted once more'),
    payments: z
      .object({ captured: z.int(), declined: z.int(), refunded: z.int() })
      .describe('Payments by kind, by their own time, with a booking or without'),
  })
  .meta({ id: 'FunnelReport', description: 'What became of the bookings; all figures are counts' });

/** `GET /v1/reports/funnel` */
export const addFunnelRoute = (app: App, { reports, now, asOf }: Source): void => {
  app.get(
    '/v1/reports/funnel',
    {
      schema: {
        tags: [tags.reports.name],
        operationId: 'getFunnel',
        summary: 'What became of the bookings',
        description:
          'At most 366 days. Without `from` and `to`: the 24 hours before the running one, and the running one; with `run`, the whole run.',
        querystring,
        response: { 200: report.describe('Counts of bookings and payments'), ...problemResponses(400, 500, 503) },
      },
    },
    async ({ query }) => {
      const { run } = query;
      const { from, to } = coveredRange(query, rangeRules.funnel, now());
      const age = await asOf();
      const funnel = await reports.funnel({ from, to, run });
      return { filters: { from: from ?? null, to: to ?? null, run: run ?? null }, ...age, ...funnel };
    },
  );
};
