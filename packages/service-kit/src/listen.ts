import type { App } from './app.ts';

/** A service that is listening; disposing of it stops it. */
export interface Listening extends AsyncDisposable {
  /** Where a client on this machine reaches it. */
  readonly url: string;
  /** The port in fact taken, also when 0 was asked for. */
  readonly port: number;
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken; set PORT to a free one, or to 0 for any',
  EACCES: 'the port needs privileges; set PORT to one above 1023',
  EADDRNOTAVAIL: 'this machine has no such address; set HOST to one of its own',
  ENOTFOUND: 'the host name is unknown; set HOST to an address of this machine',
};

const explained = (error: unknown, host: string, port: number): unknown => {
  const reason = error instanceof Error && 'code' in error ? REASONS[String(error.code)] : undefined;
  return reason === undefined ? error : new Error(`cannot listen on ${host}:${port}: ${reason}`, { cause: error });
};

const reachable = (host: string, port: number): string => {
  const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${near.includes(':') ? `[${near}]` : near}:${port}`;
};

/**
 * Stops accepting, lets requests in hand finish for at most `graceMs`, then cuts them off. A keep-alive connection counts as
 * done as soon as it is idle: Node closes those idle at the start, but not those that become so later.
 */
const close = async (app: App, graceMs: number): Promise<void> => {
  const sweep = setInterval(() => app.server.closeIdleConnections(), 20);
  const deadline = setTimeout(() => app.server.closeAllConnections(), graceMs);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
    clearTimeout(deadline);
  }
};

/**
 * Starts to listen, and tells a supervisor, if there is one, over its IPC channel: `{ event: 'listening', port }`. Disposing closes
 * gracefully, for at most `graceMs` (default 5 s).
 * @throws Error that names PORT or HOST when the address cannot be had.
 */
export const listen = async (
  app: App,
  { host, port, graceMs = 5_000 }: { readonly host: string; readonly port: number; readonly graceMs?: number },
): Promise<Listening> => {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw explained(error, host, port);
  }
  const [address] = app.addresses();
  const taken = typeof address === 'object' ? address.port : port;
  process.send?.({ event: 'listening', port: taken });
  return {
    url: reachable(host, taken),
    port: taken,
    [Symbol.asyncDispose]: () => close(app, graceMs),
  };
};
