import { lockDirectory } from '@boxoffice/directory-lock';
import { PGlite } from '@electric-sql/pglite';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { serveClient } from './client.ts';
import { createSession } from './session.ts';
import type { Session } from './session.ts';
import { createTurns } from './turns.ts';

/** The embedded warehouse, serving. Disposing ends its connections, closes the database and frees the directory. */
export interface EmbeddedWarehouse extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Resolves with the error when the database breaks; a new process then recovers what was committed. */
  readonly broken: Promise<unknown>;
}

export interface EmbeddedOptions {
  /** One process at a time owns it; made when it is not there. */
  readonly dataDirectory: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** `127.0.0.1` (default), `::1` or `localhost`: no password is asked for, so nobody else may get in. */
  readonly host?: string;
}

const loopback = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * Opens the PostgreSQL of PGlite in a directory and serves it on loopback to any number of clients. It has one session: each
 * transaction has it whole, loaders before readers. What was committed survives kill -9 of this process (it is in the
 * system's hands by then); after a power failure the last moments may be missing, for PGlite does not sync its files.
 * @throws DirectoryInUseError when another process owns the directory.
 */
export const startEmbeddedWarehouse = async ({
  dataDirectory,
  port,
  host = '127.0.0.1',
}: EmbeddedOptions): Promise<EmbeddedWarehouse> => {
  if (!loopback.has(host))
    throw new Error(`host is ${host}; the embedded warehouse asks for no password and serves only ${[...loopback].join(', ')}`);
  await using stack = new AsyncDisposableStack();
  stack.use(lockDirectory(dataDirectory));
  const clusterDirectory = join(dataDirectory, 'pg');
  mkdirSync(clusterDirectory, { recursive: true });

  const turns = createTurns<Socket>();
  const sockets = new Set<Socket>();
  const served = new Set<Promise<void>>();
  const session = Promise.withResolvers<Session>();
  session.promise.catch(() => {});
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    // A client that breaks off is served no further; its transaction is rolled back, which is all there is to say.
    const work = serveClient(socket, session.promise, turns)
      .catch(() => {})
      .finally(() => {
        sockets.delete(socket);
        served.delete(work);
      });
    served.add(work);
  });
  // The port comes first: if it is taken, that is known at once and not after the database was made.
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const databases = new AsyncDisposableStack();
  stack.use(databases);
  stack.defer(async () => {
    session.reject(new Error('the embedded warehouse is closed'));
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await Promise.all([closed, ...served]);
  });

  // Relaxed durability would answer before the file system has the commit.
  const db = await PGlite.create({ dataDir: clusterDirectory, relaxedDurability: false });
  databases.defer(() => db.close());
  const { promise: broken, resolve: reportBroken } = Promise.withResolvers<unknown>();
  session.resolve(await createSession(db, reportBroken));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server listens at a port');
  const owned = stack.move();
  return {
    port: address.port,
    url: `postgres://postgres@${host.includes(':') ? `[${host}]` : host}:${address.port}/postgres`,
    broken,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};
