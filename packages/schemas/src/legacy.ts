import { z } from 'zod';
import { leaf, leafOf } from './standard.ts';
import { identifier, isUtc } from './text.ts';

/** What the events of the legacy shop, which have no envelope, get as their `source`. */
export const legacySource = 'legacy';
/** All money of the legacy shop. */
export const legacyCurrency = 'EUR';

/** An id of the legacy shop: as all ids, or a whole number. */
export const legacyId = z.union([identifier, z.int().min(0)]);

const shape = /^(\d{4}-\d{2}-(\d{2}))[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?$/;

/** An instant as the legacy shop wrote it, in UTC with milliseconds; undefined for what is none. Without an offset it is UTC. */
export const legacyInstant = (value: string): string | undefined => {
  if (isUtc(value)) return value;
  const [, date = '', day, time = '', offset = 'Z'] = shape.exec(value) ?? [];
  // JavaScript would take 30 February for 2 March.
  if (day === undefined || new Date(`${date}T00:00:00Z`).getUTCDate() !== Number(day)) return undefined;
  const instant = new Date(`${date}T${time}${offset}`);
  const year = instant.getUTCFullYear();
  return year >= 1970 && year < 9000 ? instant.toISOString() : undefined;
};

const isLegacyInstant = (value: string): boolean => legacyInstant(value) !== undefined;

const expectedInstant = 'expected an instant from 1970 to 8999; without an offset it is UTC';

/** @see legacyInstant */
export const legacyTime = leaf(
  z.string().regex(shape, { error: expectedInstant, abort: true }).refine(isLegacyInstant, expectedInstant),
  isLegacyInstant,
);

const mostEuros = 10_000_000;
const centsOf = (euros: number): number => Math.round(euros * 100);
// A sum of decimals is off by some 10^-9; anything that can be seen is a third decimal.
const isEuros = (euros: number): boolean => euros >= 0 && euros <= mostEuros && Math.abs(euros * 100 - centsOf(euros)) < 1e-5;
const decimal = /^\d{1,8}(?:\.\d{1,2})?$/;

/** Euros with up to two decimals, as a number or as a string; at most ten million. */
export const euros = z.union([
  leafOf(
    z.number().min(0).max(mostEuros).refine(isEuros, 'expected at most two decimals'),
    (value) => typeof value === 'number' && isEuros(value),
  ),
  leaf(
    z
      .string()
      .regex(decimal, 'expected euros such as 45.50')
      .refine((value) => Number(value) <= mostEuros, `expected at most ${mostEuros}`),
    (value) => decimal.test(value) && Number(value) <= mostEuros,
  ),
]);

/** Euros in cents, exactly. */
export const toCents = (value: number | string): number => centsOf(Number(value));
