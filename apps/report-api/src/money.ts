import { decimalsOf } from '@boxoffice/schemas';
import { z } from 'zod';

export const moneySchema = z
  .object({
    minor: z.int().describe('Whole minor units of the currency beside it: cents of EUR, yen of JPY, fils of KWD'),
    decimal: z
      .string()
      .nullable()
      .describe('The same in major units, with all decimals the currency has; null for a currency that ISO 4217 does not list'),
  })
  .meta({ id: 'Money', description: 'An amount, exact', examples: [{ minor: 1234, decimal: '12.34' }] });

export type Money = z.output<typeof moneySchema>;

const inMajorUnits = (minor: number, decimals: number): string => {
  const sign = minor < 0 ? '-' : '';
  const digits = String(Math.abs(minor)).padStart(decimals + 1, '0');
  const split = digits.length - decimals;
  return decimals === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, split)}.${digits.slice(split)}`;
};

/** `minor` units of `currency` with their decimal form. Digits are moved, never divided, so nothing is rounded. */
export const money = (minor: number, currency: string): Money => {
  const decimals = decimalsOf(currency);
  return { minor, decimal: decimals === undefined ? null : inMajorUnits(minor, decimals) };
};

/** The amount for people: `12.34 EUR`. */
export const inWords = (minor: number, currency: string): string => {
  const { decimal } = money(minor, currency);
  return decimal === null ? `${minor} minor units of ${currency}` : `${decimal} ${currency}`;
};
