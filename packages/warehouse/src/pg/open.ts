import type pg from 'pg';
import type { Reports } from '../reports.ts';
import type { Warehouse } from '../warehouse.ts';
import { pgCatalogue } from './catalogue.ts';
import { openPools } from './connection.ts';
import { describeFailure, toPortError } from './failure.ts';
import { load } from './load.ts';
import { migrate } from './migrate.ts';
import { claim, positions } from './positions.ts';
import { booking, bookings, orphanPayments } from './reports/bookings.ts';
import { funnel } from './reports/funnel.ts';
import { ledger } from './reports/ledger.ts';
import { pipeline } from './reports/pipeline.ts';
import { quarantine } from './reports/quarantine.ts';
import { sales } from './reports/sales.ts';

/** Hears of pooled connections that broke while idle; the pool replaces them. */
export type OnIdleError = (error: Error) => void;

const translated = async <Result>(work: Promise<Result>): Promise<Result> => {
  try {
    return await work;
  } catch (error) {
    throw toPortError(error);
  }
};

const reportsOf = (pool: pg.Pool): Reports => ({
  completeThrough: async () => (await translated(pipeline(pool))).completeThrough,
  sales: (request) => translated(sales(pool, request)),
  funnel: (request) => translated(funnel(pool, request)),
  booking: (bookingId) => translated(booking(pool, bookingId)),
  bookings: (request) => translated(bookings(pool, request)),
  orphanPayments: (request) => translated(orphanPayments(pool, request)),
  pipeline: () => translated(pipeline(pool)),
  ledger: () => translated(ledger(pool)),
  quarantine: (request) => translated(quarantine(pool, request)),
});

/** The warehouse on any PostgreSQL from 15 on, the embedded one among them. Connects when first used. */
export const openPgWarehouse = (url: string, onIdleError: OnIdleError): Warehouse => {
  const pools = openPools(url, onIdleError);
  const catalogue = pgCatalogue(pools);
  return {
    migrate: () => translated(migrate(pools.loading)),
    async health() {
      try {
        await pools.reading.query('select from warehouse.ingest_offset limit 1');
        return { ok: true, detail: 'the warehouse answers' };
      } catch (error) {
        return { ok: false, detail: `the warehouse does not answer: ${describeFailure(error)}` };
      }
    },
    loader: {
      claim: (stream, hub, partitions) => translated(claim(pools.loading, stream, hub, partitions)),
      positions: (hub) => translated(positions(pools.loading, hub)),
      load: (batch) => translated(load(pools.loading, batch)),
    },
    catalogue: {
      seed: (shows) => translated(catalogue.seed(shows)),
      shows: () => translated(catalogue.shows()),
    },
    reports: reportsOf(pools.reading),
    [Symbol.asyncDispose]: () => pools[Symbol.asyncDispose](),
  };
};
