import { z } from 'zod';

/**
 * Reads one environment string strictly: `z.coerce` would take `''`, `' '` and `'0x10'` for numbers.
 * `parse` answers undefined for what it does not accept; whatever is wrong, unset included, the fault is `expectation`.
 */
const field = <T>(expectation: string, parse: (raw: string) => T | undefined) =>
  z.string({ error: expectation }).transform((raw, context): T => {
    const value = parse(raw);
    if (value !== undefined) return value;
    context.issues.push({ code: 'custom', message: expectation, input: raw });
    return z.NEVER;
  });

const range = (min: number | undefined, max: number | undefined): string => {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? '' : ` of at most ${max}`;
};

const within = (value: number, min = -Infinity, max = Infinity): boolean => value >= min && value <= max;

/** The accepted interval of a number, both ends inclusive. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** A whole number in decimal digits, within `bounds` and exactly representable. */
export const integer = ({ min, max }: Bounds = {}) =>
  field(`a whole number${range(min, max)}`, (raw) => {
    const value = Number(raw);
    return /^-?\d+$/.test(raw) && Number.isSafeInteger(value) && within(value, min, max) ? value : undefined;
  });

/** A number in decimal notation (no exponent, no hex), within `bounds`. */
export const decimal = ({ min, max }: Bounds = {}) =>
  field(`a number${range(min, max)}`, (raw) => {
    const value = Number(raw);
    return /^-?\d+(\.\d+)?$/.test(raw) && within(value, min, max) ? value : undefined;
  });

/** A TCP port; 0 lets the system choose a free one. */
export const port = () => {
  const number = integer({ min: 0, max: 65_535 });
  return field('a port number from 0 to 65535 (0 takes any free one)', (raw) => number.safeParse(raw).data);
};

/** `true` or `false`, spelled out: `1`, `yes` and `TRUE` are faults, so that a typing error never reads as off. */
export const flag = () => field('true or false', (raw) => (raw === 'true' ? true : raw === 'false' ? false : undefined));

/** One of the given words, exactly as spelled. */
export const choice = <const T extends string>(words: readonly T[]) =>
  field(`one of ${words.join(', ')}`, (raw) => words.find((word) => word === raw));

/** A text with something other than blanks in it; blanks around it are cut off. */
export const text = (expectation = 'a text that is not empty') => field(expectation, (raw) => raw.trim() || undefined);

/** A URL with one of the given schemes (`http`, `postgres`, ...), kept as the string it was. */
export const url = (schemes: readonly string[]) =>
  field(`a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`, (raw) =>
    URL.canParse(raw) && schemes.some((scheme) => raw.startsWith(`${scheme}://`)) ? raw : undefined,
  );
