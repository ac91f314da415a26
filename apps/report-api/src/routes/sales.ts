import { Problem, problemResponses } from '@boxoffice/service-kit';
import type { App } from '@boxoffice/service-kit';
import type { SalesRow } from '@boxoffice/warehouse';
import { z } from 'zod';
import { asOfFields, instantSchema } from '../as-of.ts';
import type { Source } from '../as-of.ts';
import { currencySchema } from '../booking-rows.ts';
import { moneySchema } from '../money.ts';
import { rangeFields, runField } from '../query-fields.ts';
import { coveredRange, rangeRules } from '../range.ts';
import { toFigures, totalsByCurrency } from '../sales-figures.ts';
import { tags } from '../tags.ts';

const buckets = ['hour', 'day'] as const;
const groups = ['show', 'venue', 'city', 'category', 'channel'] as const;

const querystring = z.strictObject({
  bucket: z
    .enum(buckets)
    .default('day')
    .meta({ description: 'Width of a bucket, in UTC', examples: ['hour'] }),
  by: z
    .enum(groups)
    .optional()
    .meta({ description: 'What to tell apart beside time and currency', examples: ['city'] }),
  ...rangeFields,
  run: runField,
});

const figures = {
  currency: currencySchema,
  bookings: z.int().describe('Bookings that were captured at least once'),
  seats: z.int().describe('Seats of these bookings'),
  gross: moneySchema.describe('Prices of the seats, before fees and discounts'),
  fees: moneySchema,
  discounts: moneySchema,
  total: moneySchema.describe('gross + fees - discounts'),
  refunds: moneySchema.describe('Given back since, whenever that was'),
  net: moneySchema.describe('total - refunds'),
};

const report = z
  .object({
    filters: z
      .object({
        bucket: z.enum(buckets),
        by: z.enum(groups).nullable(),
        from: instantSchema.nullable().describe('Null where the range is open: a whole run'),
        to: instantSchema.nullable(),
        run: z.string().nullable(),
      })
      .describe('What was asked, defaults filled in'),
    ...asOfFields,
    rows: z
      .array(
        z.object({
          bucket: instantSchema.describe('Start of the hour or day, UTC'),
          groupKey: z
            .string()
            .nullable()
            .describe(
              'Id of the show or venue, or the city, category or channel; null without `by`, or where the catalogue does not say',
            ),
          groupLabel: z.string().nullable().describe('The same for people: the title of the show, the name of the venue'),
          ...figures,
        }),
      )
      .describe('In order of bucket, group and currency; a bucket without sales has no row'),
    totals: z.array(z.object(figures)).describe('Sums of all rows, one for each currency'),
  })
  .meta({ id: 'SalesReport', description: 'Sales by the time at which the bookings were placed' });

/** Sums beyond 2^53 are refused rather than rounded; the port says so with a RangeError. */
const refuseInexact = (error: unknown): never => {
  if (!(error instanceof RangeError)) throw error;
  throw new Problem({
    status: 400,
    detail: 'The sums of this range are too large to be exact; ask for a smaller one',
    cause: error,
  });
};

const toRow = ({ bucket, groupKey, groupLabel, ...row }: SalesRow) => ({ bucket, groupKey, groupLabel, ...toFigures(row) });

/** `GET /v1/reports/sales` */
export const addSalesRoute = (app: App, { reports, now, asOf }: Source): void => {
  app.get(
    '/v1/reports/sales',
    {
      schema: {
        tags: [tags.reports.name],
        operationId: 'getSales',
        summary: 'Sales over time',
        description:
          'Hour buckets cover at most 31 days, day buckets at most 366. Without `from` and `to`: the 24 hours (30 days) before the running one, and the running one; with `run`, the whole run. Bookings and their refunds count in the bucket in which the booking was placed.',
        querystring,
        response: { 200: report.describe('Sales by bucket, group and currency'), ...problemResponses(400, 500, 503) },
      },
    },
    async ({ query: { bucket, by, run, ...asked } }) => {
      const { from, to } = coveredRange({ ...asked, run }, rangeRules[bucket], now());
      const age = await asOf();
      try {
        const rows = await reports.sales({ bucket, by, from, to, run });
        return {
          filters: { bucket, by: by ?? null, from: from ?? null, to: to ?? null, run: run ?? null },
          ...age,
          rows: rows.map(toRow),
          totals: totalsByCurrency(rows).map(toFigures),
        };
      } catch (error) {
        return refuseInexact(error);
      }
    },
  );
};
