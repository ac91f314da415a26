import pg from 'pg';
import type { PoolClient } from 'pg';

/** `application_name` of connections that load; the embedded server lets these go first. */
export const loaderName = 'boxoffice-loader';
const reportsName = 'boxoffice-reports';

const exact = (text: string): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) || (text.includes('.') && Number.isFinite(value))) return value;
  throw new RangeError(`the database answered ${text}, which is no longer exact as a number; ask for a smaller range`);
};

const parseInstant: (text: string) => unknown = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ, 'text');

/** bigint and numeric as exact numbers (RangeError otherwise), times as ISO 8601 in UTC with milliseconds. */
const types = new pg.TypeOverrides(pg.types);
types.setTypeParser(pg.types.builtins.INT8, exact);
types.setTypeParser(pg.types.builtins.NUMERIC, exact);
types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) => {
  const date = parseInstant(text);
  return date instanceof Date ? date.toISOString() : text;
});

/** Two pools, so that a queue of reports never holds up the loader; both connect when first used. */
export interface Pools extends AsyncDisposable {
  readonly loading: pg.Pool;
  readonly reading: pg.Pool;
}

/** `onIdleError` hears of connections that broke while nobody used them; the pool replaces them by itself. */
export const openPools = (url: string, onIdleError: (error: Error) => void): Pools => {
  const pool = (name: string, max: number, limitMs: number): pg.Pool =>
    new pg.Pool({
      connectionString: url,
      application_name: name,
      fallback_application_name: name,
      types,
      max,
      connectionTimeoutMillis: 10_000,
      idleTimeoutMillis: 30_000,
      // The server's own limit comes first and is the kinder one: it leaves the connection usable.
      statement_timeout: limitMs,
      query_timeout: limitMs + 5000,
      // A writer that was stopped in a transaction must not hold its locks for ever.
      idle_in_transaction_session_timeout: 60_000,
      keepAlive: true,
    }).on('error', onIdleError);
  const loading = pool(loaderName, 4, 60_000);
  const reading = pool(reportsName, 4, 30_000);
  return {
    loading,
    reading,
    async [Symbol.asyncDispose]() {
      await Promise.all([loading.end(), reading.end()]);
    },
  };
};

const ignore = (): void => {};

/** Runs `work` in one transaction: committed when it returns, rolled back when it throws. */
export const transaction = async <Result>(pool: pg.Pool, work: (client: PoolClient) => Promise<Result>): Promise<Result> => {
  const client = await pool.connect();
  // While checked out a client tells of a broken connection through this event as well; the query's rejection says it all.
  client.on('error', ignore);
  let broken = true;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    broken = false;
    return result;
  } catch (error) {
    broken = await client.query('rollback').then(
      () => false,
      () => true,
    );
    throw error;
  } finally {
    client.off('error', ignore);
    client.release(broken);
  }
};
