import { lockDirectory } from '@boxoffice/directory-lock';
import { createServer, type Server as SocketServer, type Socket } from 'node:net';
import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import rhea, { type Connection } from 'rhea';
import { serveClient, type Server } from './client-connection.ts';
import { openHubs } from './hub-registry.ts';
import type { HubOptions } from './hub.ts';
import { listen } from './listen.ts';
import { createReceivers } from './receivers.ts';
import { refusals } from './refusal.ts';

// How long clients get to answer the server's close before their sockets are cut.
const CLOSE_GRACE_MS = 1000;

/** Where the server tells what it noticed; a pino logger is one. */
export interface EmulatorLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

export interface EmulatorOptions {
  /** The hubs, by name. The consumer group `$Default` exists in each. A hub's partition count is fixed by its data. */
  readonly hubs: Readonly<Record<string, HubOptions>>;
  /** The address to listen on; `localhost`, the default, is the loopback of both IP versions. */
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Events are kept in `<dataDirectory>/<hub>/<partition>/`. One server at a time. */
  readonly dataDirectory: string;
  readonly log?: EmulatorLog;
}

/** A running server. Disposing of it accepts what is in flight, closes all connections and gives the data directory free. */
export interface Emulator extends AsyncDisposable {
  readonly port: number;
  /** All that `@azure/event-hubs` clients need, besides the name of the hub. */
  readonly connectionString: string;
}

async function closeConnections(connections: ReadonlyMap<Connection, Socket>): Promise<void> {
  for (const connection of connections.keys()) connection.close(refusals.stopping());
  const deadline = performance.now() + CLOSE_GRACE_MS;
  while (connections.size > 0 && performance.now() < deadline) await delay(5);
  for (const socket of connections.values()) socket.destroy();
}

/**
 * Starts an Event Hubs-compatible AMQP 1.0 server in this process, and resolves once it listens.
 *
 * @throws PortTaken, DirectoryInUseError, DamagedLog, and errors that name the hub whose options are invalid or contradict its data.
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { dataDirectory, host = 'localhost', port: wantedPort = 0, log } = options;
  await mkdir(dataDirectory, { recursive: true });
  await using undo = new AsyncDisposableStack();
  undo.use(lockDirectory(dataDirectory));
  const hubs = await openHubs(dataDirectory, options.hubs);
  undo.defer(() => hubs.close());
  for (const hub of hubs.hubs) {
    for (const [partition, { tornBytes }] of hub.partitions.entries()) {
      if (tornBytes > 0)
        log?.warn({ hub: hub.name, partition, tornBytes }, 'a write torn by a crash was cut off; it had not been acknowledged');
    }
  }

  let stopping = false;
  const container = rhea.create_container();
  container.sasl_server_mechanisms.enable_anonymous();
  const onFault = (error: unknown): void => log?.warn({ err: error }, 'a connection failed');
  container.on('error', onFault);
  const server: Server = { container, hubs, receivers: createReceivers(hubs), stopping: () => stopping, onFault };
  const connections = new Map<Connection, Socket>();
  const onSocket = (socket: Socket): void => {
    const connection = serveClient(socket, server, () => connections.delete(connection));
    connections.set(connection, socket);
  };
  const listeners: SocketServer[] = await listen(() => createServer({ noDelay: true }, onSocket), host, wantedPort);
  undo.defer(async () => {
    stopping = true;
    for (const listener of listeners) listener.close();
    await Promise.all(hubs.hubs.flatMap(({ partitions }) => partitions.map((partition) => partition.flushed())));
    // The acceptances of the last flush leave in the turn after it.
    await delay(0);
    await closeConnections(connections);
  });
  const address = listeners[0]?.address();
  const port = typeof address === 'object' && address !== null ? address.port : wantedPort;
  const name = ['127.0.0.1', '::1', '0.0.0.0', '::'].includes(host) ? 'localhost' : host;
  const resources = undo.move();
  return {
    port,
    connectionString: `Endpoint=sb://${name}:${port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true`,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
