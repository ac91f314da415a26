import { InvalidCursorError } from './errors.ts';
import type { Page } from './reports.ts';

/** The place after a row, as a text that fits into a URL. */
const writeCursor = (key: readonly string[]): string => Buffer.from(JSON.stringify(key)).toString('base64url');

/** The key in a cursor, of `length` parts; null parts where there is no cursor. */
export const readCursor = (cursor: string | null | undefined, length: number): (string | null)[] => {
  if (cursor === null || cursor === undefined) return Array.from({ length }, () => null);
  const refuse = (): never => {
    throw new InvalidCursorError(`the cursor ${JSON.stringify(cursor.slice(0, 100))} is not one that this report handed out`);
  };
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (!Array.isArray(key) || key.length !== length) return refuse();
    return key.map((part: unknown) => (typeof part === 'string' && !part.includes('\0') ? part : refuse()));
  } catch (error) {
    if (error instanceof InvalidCursorError) throw error;
    return refuse();
  }
};

/** A page out of `limit + 1` rows: the one too many says that there is a next page, and is left to it. */
export const page = <Row>(rows: readonly Row[], limit: number, keyOf: (row: Row) => readonly string[]): Page<Row> => {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > limit && last !== undefined ? writeCursor(keyOf(last)) : null };
};

/** @throws RangeError unless `limit` is a whole number from 1 to 5000. */
export const checkLimit = (limit: number): number => {
  if (Number.isInteger(limit) && limit >= 1 && limit <= 5000) return limit;
  throw new RangeError(`limit is ${limit}; expected a whole number from 1 to 5000`);
};
