import type { PGlite } from '@electric-sql/pglite';
import type { Socket } from 'node:net';
import { watchResponse } from './response-watch.ts';
import { query } from './wire.ts';

/** The one session of the database, which clients use in turns. */
export interface Session {
  readonly serverVersion: string;
  /** Runs a unit of messages; answers the state of the transaction afterwards (`I`, `T` or `E`; undefined while more is due). */
  run(client: Socket, unit: Uint8Array, onResponse: (bytes: Uint8Array) => void): Promise<string | undefined>;
  /** Rolls back whatever a client that is gone has left open. */
  abandon(): Promise<void>;
}

const ignore = (): void => {};

/** `onBroken` hears when the database itself fails: nothing can be run any more, and a new process has to recover it. */
export const createSession = async (db: PGlite, onBroken: (error: unknown) => void): Promise<Session> => {
  const { rows } = await db.query<{ server_version: string }>('show server_version');
  /** Who has changed settings of the session. They end with his turns, or one client's SET would hold for all. */
  let changedBy: Socket | undefined;

  const execute = async (unit: Uint8Array, onResponse: (bytes: Uint8Array) => void) => {
    const watch = watchResponse();
    try {
      await db.execProtocolRawStream(unit, {
        onRawData: (bytes) => {
          watch.push(bytes);
          // The buffer is PGlite's and will be written over; a socket may send it later.
          onResponse(Buffer.from(bytes));
        },
      });
    } catch (error) {
      onBroken(error);
      throw error;
    }
    return watch;
  };

  return {
    serverVersion: rows[0]?.server_version ?? '18',
    async run(client, unit, onResponse) {
      if (changedBy !== undefined && changedBy !== client) {
        await execute(query('discard all'), ignore);
        changedBy = undefined;
      }
      const { state, settings } = await execute(unit, onResponse);
      if (settings) changedBy = client;
      return state;
    },
    async abandon() {
      await execute(query('rollback'), ignore);
    },
  };
};
