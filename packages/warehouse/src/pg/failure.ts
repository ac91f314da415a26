import pg from 'pg';
import { FencedError, RefusedError, SchemaTooNewError, UnavailableError } from '../errors.ts';

/** Another transaction got in the way; the same again may well succeed. */
export const isCollision = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && ['40001', '40P01', '23505', '23P01'].includes(error.code ?? '');

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const remedies: Readonly<Record<string, string>> = {
  '28P01': 'the password in WAREHOUSE_URL is wrong',
  '28000': 'the user in WAREHOUSE_URL may not connect',
  '3D000': 'the database in WAREHOUSE_URL does not exist',
  '3F000': 'the schema is not there yet; the warehouse-writer creates it when it starts',
  '42P01': 'a table is missing; the warehouse-writer creates the schema when it starts',
  '42703': 'a column is missing; somebody altered the schema',
  '42501': 'the user in WAREHOUSE_URL lacks a permission',
  '25006': 'the database is read-only',
  '53100': 'the disk of the database is full',
};

const isConnectionFailure = (error: Error): boolean =>
  ('code' in error && /^(?:ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_)/.test(String(error.code))) ||
  /connection (?:terminated|ended|timeout)|timeout exceeded when trying to connect|query read timeout|not queryable/i.test(
    error.message,
  );

/** What went wrong in words, without the URL or a value of it. */
export const describeFailure = (error: unknown): string => {
  if (error instanceof AggregateError) return error.errors.map(describeFailure).join('; ');
  if (!(error instanceof Error)) return String(error);
  const remedy = error instanceof pg.DatabaseError ? remedies[error.code ?? ''] : undefined;
  return remedy === undefined ? error.message : `${remedy} (${error.message})`;
};

/** Sorts what a driver throws into the errors of the port; what is none of them comes back as it was. */
export const toPortError = (error: unknown): unknown => {
  if (error instanceof FencedError || error instanceof SchemaTooNewError || !(error instanceof Error)) return error;
  if (error instanceof pg.DatabaseError) {
    const code = error.code ?? '';
    if (/^(?:22|23)/.test(code))
      return new RefusedError(`the database refuses a row: ${describeFailure(error)}`, { cause: error });
    if (/^(?:08|25006|28|3D|3F|40|42501|42P01|53|55|57|58)/.test(code))
      return new UnavailableError(`the warehouse cannot be used now: ${describeFailure(error)}`, { cause: error });
    return error;
  }
  if (error instanceof AggregateError || isConnectionFailure(error))
    return new UnavailableError(`the warehouse cannot be reached at WAREHOUSE_URL: ${describeFailure(error)}`, { cause: error });
  return error;
};
