import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type pg from 'pg';
import { SchemaTooNewError } from '../errors.ts';
import { transaction } from './connection.ts';

const folder = new URL('../../sql/pg/', import.meta.url);

const readMigrations = async () => {
  const names = (await readdir(folder)).filter((name) => /^\d{4}-.+\.sql$/.test(name)).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, folder), 'utf8');
      return { number: Number(name.slice(0, 4)), name, text, checksum: hash('sha256', text.replaceAll('\r\n', '\n')) };
    }),
  );
};

const lock = `select pg_advisory_xact_lock(hashtextextended('boxoffice/migrate', 0))`;

const bookkeeping = `
  create schema if not exists migration;
  create table if not exists migration.applied (
    number integer primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz(3) not null default current_timestamp
  )`;

interface Applied {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
}

/** @see Warehouse.migrate */
export const migrate = async (pool: pg.Pool): Promise<void> => {
  const migrations = await readMigrations();
  await transaction(pool, async (client) => {
    await client.query(lock);
    await client.query(bookkeeping);
    const { rows } = await client.query<Applied>('select number, name, checksum from migration.applied order by number');
    const newest = migrations.at(-1)?.number ?? 0;
    const unknown = rows.find(({ number }) => number > newest);
    if (unknown)
      throw new SchemaTooNewError(
        `the warehouse has migration ${unknown.name}, and this build knows only up to ${newest}: run a newer build`,
      );
    for (const { number, name, text, checksum } of migrations) {
      const applied = rows.find((row) => row.number === number);
      if (applied && applied.checksum !== checksum)
        throw new Error(
          `migration ${name} is not the one that was applied to the warehouse: a published migration never changes`,
        );
      if (applied) continue;
      await client.query(text);
      await client.query('insert into migration.applied (number, name, checksum) values ($1, $2, $3)', [number, name, checksum]);
    }
  });
};
