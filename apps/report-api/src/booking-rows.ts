import { bookingStates } from '@boxoffice/warehouse';
import type { BookingRow, PaymentRow } from '@boxoffice/warehouse';
import { z } from 'zod';
import { instantSchema } from './as-of.ts';
import { money, moneySchema } from './money.ts';

const enqueuedAt = instantSchema.describe('When its hub took the event in');
const loadedAt = instantSchema.describe('When the warehouse took it in');
export const currencySchema = z.string().meta({ description: 'ISO 4217 code', examples: ['EUR'] });

export const paymentSchema = z
  .object({
    bookingId: z.string(),
    paymentId: z.string(),
    kind: z
      .enum(['captured', 'declined', 'refunded'])
      .describe('captured took the money, declined did not, refunded gave it back'),
    attempt: z.int().describe('1 for the first try to pay the booking; a refund repeats the attempt that it gives back'),
    method: z.string().meta({ description: 'How it was paid', examples: ['card'] }),
    declineReason: z.string().nullable().describe('Why it was declined; null unless it was'),
    amount: moneySchema,
    currency: currencySchema,
    processedAt: instantSchema.describe('When it happened, by the payment system'),
    enqueuedAt,
    loadedAt,
  })
  .meta({ id: 'Payment', description: 'A payment attempt or a refund' });

export const bookingFields = {
  bookingId: z.string().meta({ description: 'The id of the booking', examples: ['b-1001'] }),
  state: z
    .enum(bookingStates)
    .describe(
      'pending: nothing was tried yet; abandoned: nothing was tried, and the hold has ended; captured-late: paid after the hold had ended',
    ),
  overpaid: z.boolean().describe('More was captured than the total, whatever was refunded since'),
  runId: z.string().nullable().describe('The run of a producer that made it; null for a real booking'),
  showId: z.string(),
  showTitle: z.string().nullable().describe('Null while the catalogue does not know the show'),
  channel: z.string().meta({ description: 'Where it was sold', examples: ['web'] }),
  currency: currencySchema,
  seatCount: z.int().describe('Seats'),
  total: moneySchema.describe('Prices and fees of all seats, less discounts'),
  captured: moneySchema.describe("Captured in the booking's currency, refunds not taken off"),
  refunded: moneySchema.describe("Refunded in the booking's currency"),
  attempts: z.int().describe('Payments captured or declined'),
  foreignPayments: z.int().describe('Payments in another currency than the booking: they are listed, and count in nothing'),
  placedAt: instantSchema.describe('When it was placed, by the shop'),
  holdExpiresAt: instantSchema.describe('Until when the seats are held, this millisecond included'),
  paidAt: instantSchema.nullable().describe('The first capture; null while there is none'),
  releasedAt: instantSchema.nullable().describe('When the seats were given free for want of a payment; null once paid'),
  enqueuedAt,
  loadedAt,
  payments: z.array(paymentSchema),
};

export const toPayment = ({ amountMinor, ...payment }: PaymentRow): z.output<typeof paymentSchema> => ({
  ...payment,
  amount: money(amountMinor, payment.currency),
});

const bookingSchema = z.object(bookingFields);

export const toBooking = ({
  totalMinor,
  capturedMinor,
  refundedMinor,
  payments,
  ...booking
}: BookingRow): z.output<typeof bookingSchema> => ({
  ...booking,
  total: money(totalMinor, booking.currency),
  captured: money(capturedMinor, booking.currency),
  refunded: money(refundedMinor, booking.currency),
  payments: payments.map(toPayment),
});
