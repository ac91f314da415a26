import { createServer } from 'node:net';
import { portNames } from './topology.ts';
import type { PortName, Topology } from './topology.ts';

/** A port that was asked for is in use. */
class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
}

/** Tries to listen; the port that it got, or undefined where it is taken. A machine without IPv6 has nothing taken there. */
const tryPort = (port: number, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') resolve(port);
      else reject(error);
    });
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port));
    });
  });

const isFree = async (port: number): Promise<boolean> =>
  (await tryPort(port, '127.0.0.1')) !== undefined && (await tryPort(port, '::1')) !== undefined;

/**
 * A port for everything that listens: the one that was set, else the topology's, else, where that is taken, any free one.
 * @throws {PortTakenError} for one that was set and is taken.
 */
export const choosePorts = async (
  defaults: Topology['ports'],
  fixed: Readonly<Partial<Record<PortName, number>>>,
): Promise<Topology['ports']> => {
  const chosen = { ...defaults, ...fixed };
  const used = new Set<number>();
  for (const name of portNames) {
    const isFixed = fixed[name] !== undefined;
    if (!used.has(chosen[name]) && (await isFree(chosen[name]))) {
      used.add(chosen[name]);
      continue;
    }
    if (isFixed) throw new PortTakenError(`--port ${name}=${chosen[name]}: is taken; free it, or set another`);
    let port: number | undefined;
    while (port === undefined || used.has(port) || !(await isFree(port))) port = await tryPort(0, '127.0.0.1');
    used.add(port);
    chosen[name] = port;
  }
  return chosen;
};
