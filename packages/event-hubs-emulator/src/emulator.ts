import { lockDirectory } from '@boxoffice/directory-lock';
import { createServer, type Server as SocketServer, type Socket } from 'node:net';
import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import rhea, { type Connection } from 'rhea';
import { serveClient, type Server } from './client-connection.ts';
import { openHubs } from './hub-registry.ts';
import type { EmulatorOptions } from './emulator-options.ts';
import { createHttpApi } from './http-api.ts';
import { isLoopback, listen } from './listen.ts';
import { DEFAULT_LOG_OPTIONS } from './log-options.ts';
import { createReceivers } from './receivers.ts';
import { refusals } from './refusal.ts';
import { createTraffic } from './traffic.ts';

// How long clients get to answer the server's close before their sockets are cut.
const CLOSE_GRACE_MS = 1000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 60_000;
const RETENTION_CHECK_MS = 60_000;
// What Microsoft's emulator has in its connection string.
const ANY_KEY = ['RootManageSharedAccessKey', 'SAS_KEY_VALUE'] as const;

/** A running server. Disposing of it accepts what is in flight, closes all connections and gives the data directory free. */
export interface Emulator extends AsyncDisposable {
  readonly port: number;
  /** The port of the HTTP side, if it was asked for. */
  readonly httpPort?: number;
  /** All that `@azure/event-hubs` clients need, besides the name of the hub. */
  readonly connectionString: string;
}

/** Without keys anybody who reaches the port could read and write everything, so the server stays on loopback. */
export class KeysNeeded extends Error {
  constructor(host: string) {
    super(`host ${host} can be reached from other machines: keys are needed, or a loopback host such as localhost`);
    this.name = 'KeysNeeded';
  }
}

function portOf([server]: readonly SocketServer[]): number | undefined {
  const address = server?.address();
  return typeof address === 'object' && address !== null ? address.port : undefined;
}

async function closeConnections(connections: ReadonlyMap<Connection, Socket>): Promise<void> {
  for (const connection of connections.keys()) connection.close({ ...refusals.stopping(), info: null });
  const deadline = performance.now() + CLOSE_GRACE_MS;
  while (connections.size > 0 && performance.now() < deadline) await delay(5);
  for (const socket of connections.values()) socket.destroy();
}

/**
 * Starts an Event Hubs-compatible AMQP 1.0 server in this process, and resolves once it listens.
 *
 * @throws KeysNeeded, PortTaken, DirectoryInUseError, DamagedLog, and errors that name the hub whose options are invalid or contradict its data.
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { dataDirectory, host = 'localhost', port: wantedPort = 0, keys, log } = options;
  const [keyName, key] = Object.entries(keys ?? {})[0] ?? ANY_KEY;
  if (!isLoopback(host) && Object.keys(keys ?? {}).length === 0) throw new KeysNeeded(host);
  await mkdir(dataDirectory, { recursive: true });
  await using undo = new AsyncDisposableStack();
  undo.use(lockDirectory(dataDirectory));
  const hubs = await openHubs(dataDirectory, options.hubs, {
    fsync: options.fsync ?? DEFAULT_LOG_OPTIONS.fsync,
    retentionMs: options.retentionMs,
    retentionBytes: options.retentionBytes,
    segmentBytes: options.segmentBytes ?? DEFAULT_LOG_OPTIONS.segmentBytes,
    writeTimeoutMs: options.writeTimeoutMs ?? DEFAULT_LOG_OPTIONS.writeTimeoutMs,
    onFailure: (directory, failure, error) => log?.warn({ directory, failure, error: String(error) }, 'the disk fails'),
  });
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
  const traffic = createTraffic();
  const receivers = createReceivers(hubs, traffic);
  const { handshakeTimeoutMs = HANDSHAKE_TIMEOUT_MS, idleTimeoutMs = IDLE_TIMEOUT_MS } = options;
  const limits = { handshakeTimeoutMs, idleTimeoutMs };
  const server: Server = { container, hubs, receivers, traffic, ...limits, keys, stopping: () => stopping, onFault };
  const connections = new Map<Connection, Socket>();
  const onSocket = (socket: Socket): void => {
    const connection = serveClient(socket, server, () => connections.delete(connection));
    connections.set(connection, socket);
  };
  const retention = setInterval(
    () => {
      for (const { partitions } of hubs.hubs) for (const partition of partitions) void partition.expire(Date.now());
    },
    Math.min(RETENTION_CHECK_MS, Math.max(100, (options.retentionMs ?? Infinity) / 4)),
  );
  retention.unref();
  undo.defer(() => clearInterval(retention));
  const observed = { hubs, traffic, connections: () => connections.size, stopping: () => stopping };
  let httpPort: number | undefined;
  if (options.httpPort !== undefined) {
    const servers = await listen(() => createHttpApi(observed), 'localhost', options.httpPort);
    httpPort = portOf(servers);
    undo.defer(() => {
      for (const http of servers) http.close();
    });
  }
  const listeners: SocketServer[] = await listen(() => createServer({ noDelay: true }, onSocket), host, wantedPort);
  undo.defer(async () => {
    stopping = true;
    for (const listener of listeners) listener.close();
    await Promise.all(hubs.hubs.flatMap(({ partitions }) => partitions.map((partition) => partition.flushed())));
    // The acceptances of the last flush leave in the turn after it.
    await delay(0);
    await closeConnections(connections);
  });
  const port = portOf(listeners) ?? wantedPort;
  const name = ['127.0.0.1', '::1', '0.0.0.0', '::'].includes(host) ? 'localhost' : host;
  const resources = undo.move();
  return {
    port,
    ...(httpPort !== undefined && { httpPort }),
    connectionString: `Endpoint=sb://${name}:${port};SharedAccessKeyName=${keyName};SharedAccessKey=${key};UseDevelopmentEmulator=true`,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
