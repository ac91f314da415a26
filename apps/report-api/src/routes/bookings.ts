import { problemResponses } from '@boxoffice/service-kit';
import type { App } from '@boxoffice/service-kit';
import { bookingStates } from '@boxoffice/warehouse';
import { z } from 'zod';
import { asOfFields } from '../as-of.ts';
import type { Source } from '../as-of.ts';
import { bookingFields, toBooking } from '../booking-rows.ts';
import { afterField, limitField, nextSchema, runField } from '../query-fields.ts';
import { tags } from '../tags.ts';

const querystring = z.strictObject({
  run: runField,
  state: z
    .enum(bookingStates)
    .optional()
    .meta({ description: 'Only bookings in this state', examples: ['captured'] }),
  limit: limitField(1000),
  after: afterField,
});

const list = z
  .object({
    filters: z
      .object({ run: z.string().nullable(), state: z.enum(bookingStates).nullable(), limit: z.int() })
      .describe('What was asked, defaults filled in'),
    ...asOfFields,
    rows: z.array(z.object(bookingFields).meta({ id: 'Booking', description: 'A booking with its payments' })),
    next: nextSchema,
  })
  .meta({ id: 'BookingList', description: 'Bookings in order of id' });

/** `GET /v1/bookings` */
export const addBookingsRoute = (app: App, { reports, asOf }: Source): void => {
  app.get(
    '/v1/bookings',
    {
      schema: {
        tags: [tags.bookings.name],
        operationId: 'listBookings',
        summary: 'Bookings with their payments',
        description:
          'In order of id. What is there when the first page is read is on exactly one page, whatever arrives meanwhile.',
        querystring,
        response: { 200: list.describe('A page of bookings'), ...problemResponses(400, 500, 503) },
      },
    },
    async ({ query: { run, state, limit, after } }) => {
      const age = await asOf();
      const { rows, next } = await reports.bookings({ run, state, limit, after });
      return { filters: { run: run ?? null, state: state ?? null, limit }, ...age, rows: rows.map(toBooking), next };
    },
  );
};
