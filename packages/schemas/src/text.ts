import { z } from 'zod';
import { leaf } from './standard.ts';

/** Printable ASCII without white space at either end: what nearly every id and most words are. Half the time of a RegExp. */
const isPlain = (value: string, most: number): boolean => {
  const { length } = value;
  if (length === 0 || length > most || value.charCodeAt(0) === 0x20 || value.charCodeAt(length - 1) === 0x20) return false;
  for (let i = 0; i < length; i++) {
    const unit = value.charCodeAt(i);
    if (unit < 0x20 || unit > 0x7e) return false;
  }
  return true;
};
const noControls = /^[^\p{Cc}\p{Cs}]+$/u;

/**
 * An id, taken exactly as it is written: it is hashed to a partition, compared and stored, so altering it here would part a
 * booking from its payments. 1 to 128 characters, no control characters or lone surrogates, no white space at either end.
 */
export const identifier = leaf(
  z
    .string()
    .min(1)
    .max(128)
    .regex(noControls, 'no control characters')
    .regex(/^\S(?:.*\S)?$/u, 'no white space at either end'),
  (value) => isPlain(value, 128),
);

/** A string that is taken as it is, of `min` to `max` UTF-16 units. */
export const verbatim = (min: number, max: number) =>
  leaf(z.string().min(min).max(max), ({ length }) => length >= min && length <= max);

/**
 * An id made of other ids, each percent-encoded: nine characters for one at the most, and a joined event's has two of them. Only
 * what we make ourselves has such an id.
 */
export const derivedId = verbatim(1, 4096);

/** Words for people (a seat's name, a reason): NFC-normalised and trimmed, 1 to 200 characters. */
export const text = leaf(
  z.string().normalize('NFC').trim().min(1).max(200).regex(noControls, 'no control characters'),
  (value) =>
    isPlain(value, 200) ||
    (value.length <= 200 && noControls.test(value) && value.trim() === value && value.normalize('NFC') === value),
);

const toUtc = (value: string): string => {
  const date = new Date(value);
  // What is no date is left as it is, for the format check to name.
  return Number.isNaN(date.getTime()) ? value : date.toISOString();
};

// The 29th of a month and later are left to the calendar.
const utc = /^(?:19[7-9]\d|[2-8]\d{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
const years = /^(?:19[7-9]\d|[2-8]\d{3})-.*Z$/;

/** Whether this is an instant in the one form that `instant` keeps. */
export const isUtc = (value: string): boolean => utc.test(value) || (years.test(value) && toUtc(value) === value);

/** An instant, written with any UTC offset, kept as UTC with milliseconds (`2026-03-01T18:30:00.000Z`); years 1970 to 8999. */
export const instant = leaf(
  z.iso
    .datetime({ offset: true, abort: true })
    .overwrite(toUtc)
    .refine((value) => years.test(value), 'expected a year from 1970 to 8999 in UTC'),
  isUtc,
);

const digits = (value: string, from: number, to: number): number => {
  let number = 0;
  for (let i = from; i < to; i++) number = 10 * number + value.charCodeAt(i) - 48;
  return number;
};

/** The ms since the epoch of an instant in the form that `instant` keeps, in a third of the time of `Date.parse`. */
export const msOf = (utcInstant: string): number =>
  Date.UTC(
    digits(utcInstant, 0, 4),
    digits(utcInstant, 5, 7) - 1,
    digits(utcInstant, 8, 10),
    digits(utcInstant, 11, 13),
    digits(utcInstant, 14, 16),
    digits(utcInstant, 17, 19),
    digits(utcInstant, 20, 23),
  );

/** One of `names`; case, white space and `synonyms` (lower-case, single dashes) are forgiven. */
export const named = <const Names extends readonly [string, ...string[]]>(
  names: Names,
  synonyms: Readonly<Record<string, Names[number]>> = {},
) => {
  const known: ReadonlySet<string> = new Set(names);
  return leaf(
    z
      .string()
      .overwrite((value) => {
        const plain = value
          .trim()
          .toLowerCase()
          .replace(/[\s_-]+/g, '-');
        return Object.hasOwn(synonyms, plain) ? (synonyms[plain] ?? plain) : plain;
      })
      .pipe(z.enum(names)),
    (value) => known.has(value),
  );
};
