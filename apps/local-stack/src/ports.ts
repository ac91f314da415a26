import { createServer } from 'node:net';
import { portNames } from './topology.ts';
import type { PortName } from './topology.ts';

/** A port that was asked for is in use. */
class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
}

const canListen = (port: number, host: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      // A machine without IPv6 has nothing taken there.
      else if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') resolve(true);
      else reject(error);
    });
    server.listen(port, host, () => void server.close(() => resolve(true)));
  });

/** Whether a port can be had on loopback now. Somebody else may still take it before whoever asks does. */
export const isFree = async (port: number): Promise<boolean> =>
  (await canListen(port, '127.0.0.1')) && (await canListen(port, '::1'));

/** @throws {PortTakenError} for the first of the fixed ports that is taken. */
export const requireFree = async (fixed: Readonly<Partial<Record<PortName, number>>>): Promise<void> => {
  for (const name of portNames) {
    const port = fixed[name];
    if (port !== undefined && !(await isFree(port)))
      throw new PortTakenError(`--port ${name}=${port}: is taken; free it, or set another`);
  }
};
