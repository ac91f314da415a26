import { z } from 'zod';

const toUtc = (text: string): string => {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? text : date.toISOString();
};

const instantExpected = 'expected an instant in ISO 8601 with its offset, such as 2026-03-01T00:00:00Z (write a + as %2B)';

/** An instant with any UTC offset, kept in UTC with milliseconds. PostgreSQL knows no year 0, so the years are 1 to 9999. */
const instant = z.iso
  .datetime({ offset: true, abort: true, error: instantExpected })
  .overwrite(toUtc)
  .refine((text) => /^\d{4}-/.test(text) && text >= '0001', 'expected a year from 0001 to 9999 in UTC');

/** The ends of the time at which bookings were placed: `from <= placedAt < to`. */
export const rangeFields = {
  from: instant.optional().meta({
    description: 'Only bookings placed at this instant or later (ISO 8601 with offset)',
    examples: ['2026-03-01T00:00:00Z'],
  }),
  to: instant.optional().meta({
    description: 'Only bookings placed before this instant (ISO 8601 with offset)',
    examples: ['2026-03-02T00:00:00Z'],
  }),
};

/** An id as the event contracts have them; PostgreSQL holds no NUL, and no id has control characters. */
const identifier = z
  .string()
  .min(1, 'expected 1 to 128 characters')
  .max(128, 'expected 1 to 128 characters')
  .regex(/^\P{Cc}*$/u, 'no control characters');

export const bookingIdField = identifier.meta({
  description: 'The id of the booking, percent-encoded: any characters but control characters, 1 to 128',
  examples: ['b-1001'],
});

export const runField = identifier.optional().meta({
  description: 'Only bookings and payments of this run of a producer',
  examples: ['everyday-7-20000'],
});

const toNumber = (value: unknown): unknown =>
  // Not `z.coerce`: that takes a blank for 0, and 0x10 for 16.
  typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;

/** Rows a page, from 1 to `most`. */
export const limitField = (most: number) => {
  const expected = `expected a whole number from 1 to ${most}`;
  const rows = z.int(expected).min(1, expected).max(most, expected).default(100);
  return z.preprocess(toNumber, rows.meta({ description: `Rows a page, at most ${most}`, examples: [100] }));
};

export const afterField = z
  .string()
  .min(1, 'expected the next of a page')
  .max(2048, 'expected the next of a page')
  .regex(/^\P{Cc}*$/u, 'no control characters')
  .optional()
  .meta({ description: 'The next of the page before, as it was given; absent for the first page' });

/** What a list answers for the page that follows. */
export const nextSchema = z.string().nullable().describe('The `after` of the page that follows; null on the last page');
