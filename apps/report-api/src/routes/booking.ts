import { Problem, problemResponses } from '@boxoffice/service-kit';
import type { App } from '@boxoffice/service-kit';
import type { SeatRow } from '@boxoffice/warehouse';
import { z } from 'zod';
import { asOfFields, instantSchema } from '../as-of.ts';
import type { Source } from '../as-of.ts';
import { bookingFields, toBooking } from '../booking-rows.ts';
import { money, moneySchema } from '../money.ts';
import { bookingIdField } from '../query-fields.ts';
import { tags } from '../tags.ts';
import { timelineEntrySchema, timelineOf } from '../timeline.ts';

const detail = z
  .object({
    ...asOfFields,
    ...bookingFields,
    venueName: z.string().nullable(),
    city: z.string().nullable(),
    category: z.string().nullable(),
    startsAt: instantSchema.nullable().describe('When the show starts'),
    seats: z.array(
      z.object({
        section: z.string().nullable(),
        row: z.string().nullable(),
        seat: z.string(),
        price: moneySchema,
        fee: moneySchema,
        discount: moneySchema,
      }),
    ),
    conflicts: z.int().describe('Contents that lost against another under the id of the booking or of one of its payments'),
    timeline: z.array(timelineEntrySchema).describe('What happened, in order of time'),
  })
  .meta({ id: 'BookingDetail', description: 'A booking with its seats, payments and time line' });

const toSeat = ({ section, row, seat, ...amounts }: SeatRow, currency: string) => ({
  section,
  row,
  seat,
  price: money(amounts.priceMinor, currency),
  fee: money(amounts.feeMinor, currency),
  discount: money(amounts.discountMinor, currency),
});

/** `GET /v1/bookings/{id}` */
export const addBookingRoute = (app: App, { reports, asOf }: Source): void => {
  app.get(
    '/v1/bookings/:id',
    {
      schema: {
        tags: [tags.bookings.name],
        operationId: 'getBooking',
        summary: 'One booking with its time line',
        params: z.strictObject({ id: bookingIdField }),
        querystring: z.strictObject({}),
        response: { 200: detail.describe('The booking'), ...problemResponses(400, 404, 414, 500, 503) },
      },
    },
    async ({ params: { id } }) => {
      const age = await asOf();
      const booking = await reports.booking(id);
      if (booking === null) throw new Problem({ status: 404, detail: `The warehouse holds no booking ${JSON.stringify(id)}` });
      const { venueName, city, category, startsAt, conflicts, currency } = booking;
      return {
        ...age,
        ...toBooking(booking),
        venueName,
        city,
        category,
        startsAt,
        conflicts,
        seats: booking.seats.map((seat) => toSeat(seat, currency)),
        timeline: timelineOf(booking),
      };
    },
  );
};
