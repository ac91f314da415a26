import { once } from 'node:events';
import type { Server } from 'node:net';

const LOOPBACK = ['127.0.0.1', '::1'];
const FREE_PORT_ATTEMPTS = 10;

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** The port that was asked for belongs to another server. */
export class PortTaken extends Error {
  readonly port: number;
  constructor(host: string, port: number, cause: unknown) {
    super(`port ${port} of ${host} is taken; stop what listens there, or choose another port`, { cause });
    this.name = 'PortTaken';
    this.port = port;
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

async function listenOn(server: Server, host: string, port: number): Promise<number> {
  server.listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw codeOf(error) === 'EADDRINUSE' ? new PortTaken(host, port, error) : error;
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/**
 * Listens on `host` and `port`, with one server for each address: `localhost` is the loopback of IPv4 and, where the machine has it,
 * of IPv6, since clients resolve the name either way. Port 0 takes one that is free on both. Throws {@link PortTaken}.
 */
export async function listen(create: () => Server, host: string, port: number): Promise<Server[]> {
  const [first = host, ...others] = host === 'localhost' ? LOOPBACK : [host];
  for (let attempt = 1; ; attempt++) {
    const servers = [create()];
    const bound = await listenOn(servers[0]!, first, port);
    try {
      for (const other of others) {
        const server = create();
        try {
          await listenOn(server, other, bound);
          servers.push(server);
        } catch (error) {
          if (codeOf(error) !== 'EADDRNOTAVAIL' && codeOf(error) !== 'EAFNOSUPPORT') throw error;
        }
      }
      return servers;
    } catch (error) {
      for (const server of servers) server.close();
      if (port !== 0 || !(error instanceof PortTaken) || attempt === FREE_PORT_ATTEMPTS) throw error;
    }
  }
}
