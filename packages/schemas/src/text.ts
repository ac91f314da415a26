import { z } from 'zod';

/**
 * An id, taken exactly as it is written: it is hashed to a partition, compared and stored, so altering it here would part a
 * booking from its payments. 1 to 128 characters, no control characters or lone surrogates, no white space at either end.
 */
export const identifier = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^\p{Cc}\p{Cs}]+$/u, 'no control characters')
  .regex(/^\S(?:.*\S)?$/u, 'no white space at either end');

/**
 * An id made of other ids, each percent-encoded: nine characters for one at the most, and a joined event's has two of them. Only
 * what we make ourselves has such an id.
 */
export const derivedId = z.string().min(1).max(4096);

/** Words for people (a seat's name, a reason): NFC-normalised and trimmed, 1 to 200 characters. */
export const text = z
  .string()
  .normalize('NFC')
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Cs}]+$/u, 'no control characters');

const toUtc = (value: string): string => {
  const date = new Date(value);
  // What is no date is left as it is, for the format check to name.
  return Number.isNaN(date.getTime()) ? value : date.toISOString();
};

/** An instant, written with any UTC offset, kept as UTC with milliseconds (`2026-03-01T18:30:00.000Z`); years 0000 to 9999. */
export const instant = z.iso
  .datetime({ offset: true })
  .overwrite(toUtc)
  .regex(/^\d{4}-.*Z$/, 'expected a year from 0000 to 9999 in UTC');

/** One of `names`; case, white space and `synonyms` (lower-case, single dashes) are forgiven. */
export const named = <const Names extends readonly [string, ...string[]]>(
  names: Names,
  synonyms: Readonly<Record<string, Names[number]>> = {},
) =>
  z
    .string()
    .overwrite((value) => {
      const plain = value
        .trim()
        .toLowerCase()
        .replace(/[\s_-]+/g, '-');
      return Object.hasOwn(synonyms, plain) ? (synonyms[plain] ?? plain) : plain;
    })
    .pipe(z.enum(names));
