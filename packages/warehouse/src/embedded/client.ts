import type { Socket } from 'node:net';
import { loaderName } from '../pg/connection.ts';
import type { Session } from './session.ts';
import type { Rank, Turns } from './turns.ts';
import { failure, namesStatement, readClientMessage, readOpening, ready, welcome } from './wire.ts';
import type { ClientMessage } from './wire.ts';

/** A transaction that its client leaves alone this long is rolled back, or one stopped process would stop all. */
const idleInTransactionMs = 60_000;

/** A client's messages are handed on up to one of these: they end what the server answers as a whole. */
const endOfUnit = new Set(['Q', 'S', 'H', 'F', 'c', 'f']);

/** Serves one connection until it closes. Its transactions run whole, each in a turn of its own. */
export const serveClient = async (socket: Socket, whenReady: Promise<Session>, turns: Turns<Socket>): Promise<void> => {
  socket.on('error', () => {});
  socket.once('close', () => turns.leave(socket));
  const session = await whenReady;
  let received: Buffer = Buffer.alloc(0);
  let rank: Rank | undefined;
  let unit: Buffer[] = [];
  let refused: Buffer | undefined;
  let overdue: NodeJS.Timeout | undefined;

  const greet = (): boolean => {
    const opening = readOpening(received);
    if (!opening) return false;
    switch (opening.kind) {
      case 'encryption':
        socket.write('N');
        break;
      case 'startup':
        rank = opening.settings.get('application_name') === loaderName ? 'loader' : 'reader';
        socket.write(welcome(session.serverVersion));
        break;
      case 'cancel':
      case 'garbage':
        socket.destroy();
        return false;
      default:
        return opening satisfies never;
    }
    received = received.subarray(opening.length);
    return true;
  };

  const endTurn = (): void => {
    clearTimeout(overdue);
    turns.give(socket);
  };

  const run = async (last: ClientMessage, asRank: Rank): Promise<void> => {
    const bytes = Buffer.concat(unit);
    unit = [];
    if (refused) {
      // As after any error of the extended protocol, all up to Sync is skipped; a transaction that is open fails by that.
      if (last.type !== 'S' && last.type !== 'Q') return;
      socket.write(refused);
      refused = undefined;
      if (turns.holder !== socket) {
        socket.write(ready);
        return;
      }
      socket.destroy();
      return;
    }
    await turns.take(socket, asRank);
    clearTimeout(overdue);
    const state = await session.run(socket, bytes, (chunk) => socket.write(chunk));
    if (state === 'I') endTurn();
    else overdue = setTimeout(() => socket.destroy(), idleInTransactionMs);
  };

  const take = (next: ClientMessage): void => {
    received = received.subarray(next.bytes.length);
    if (namesStatement(next))
      refused ??= failure(
        'ERROR',
        '0A000',
        'the embedded warehouse has one session for all clients: prepared statements must not be named',
      );
    unit.push(next.bytes);
  };

  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      const bytes: Buffer = chunk;
      received = received.length === 0 ? bytes : Buffer.concat([received, bytes]);
      while (rank === undefined && greet());
      if (rank === undefined) continue;
      for (let next = readClientMessage(received); next; next = readClientMessage(received)) {
        if (next.type === 'X') return;
        take(next);
        if (endOfUnit.has(next.type)) await run(next, rank);
        if (socket.destroyed) return;
      }
    }
  } finally {
    clearTimeout(overdue);
    if (turns.holder === socket) {
      await session.abandon();
      turns.give(socket);
    }
    socket.destroy();
  }
};
