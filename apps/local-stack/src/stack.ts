import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { openHubs } from '@boxoffice/hubs';
import type { Hubs } from '@boxoffice/hubs';
import { catalogue } from '@boxoffice/scenario';
import { openWarehouse } from '@boxoffice/warehouse';
import { fetchJson } from './fetch-json.ts';
import { choosePorts } from './ports.ts';
import { supervise } from './supervise.ts';
import type { Supervised, Watch } from './supervise.ts';
import { portNames, topologyFile } from './topology.ts';
import type { PortName, Topology } from './topology.ts';

/** The five services, in the order in which they stop: what feeds the others first. */
export const serviceNames = ['booking-producer', 'payment-producer', 'joiner', 'warehouse-writer', 'report-api'] as const;
/** @see serviceNames */
export type ServiceName = (typeof serviceNames)[number];

/** Everything, running on this machine. */
export interface Stack extends AsyncDisposable {
  readonly url: Readonly<Record<ServiceName, string>>;
  readonly sqlUrl: string;
  readonly connectionString: string;
  readonly hubs: Hubs;
  /** Where the output of each process goes. */
  readonly logs: string;
}

/** What a stack is made from. */
export interface StackOptions {
  readonly topology: Topology;
  readonly ports: Readonly<Partial<Record<PortName, number>>>;
  readonly data: string;
  readonly fresh: boolean;
  /** How long the joiner lets an input rest before it declares it complete, ms; undefined for its default. */
  readonly idleAfterMs: number | undefined;
  /** Tells people what goes on. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

const mainOf = (name: ServiceName) => fileURLToPath(new URL(`../../${name}/src/main.ts`, import.meta.url));
const kept = ['hubs', 'warehouse', 'checkpoints', 'logs'];

const untilReady = async (
  name: string,
  url: string,
  restarts: () => number,
  logs: string,
  signal: AbortSignal,
): Promise<void> => {
  for (;;) {
    signal.throwIfAborted();
    // Not listening yet, or not ready: both are what is being waited for. A service that cannot start shows in its restarts.
    const ready = await fetchJson(`${url}/readyz`, z.object({ ready: z.literal(true) })).catch(() => undefined);
    if (ready) return;
    if (restarts() >= 3) throw new Error(`${name} does not start; see ${path.join(logs, `${name}.log`)}`);
    await wait(50, undefined, { signal });
  }
};

/**
 * Starts the hubs, the warehouse and the five services, each a process of its own that is started again when it dies, and waits
 * until all are ready. Disposing stops them in the order of the data, so that each can finish what it has.
 * @throws {PortTakenError} for a port that was set and is taken; an Error that says what could not be started, and where its log is.
 */
export const startStack = async ({ topology, ports, data, fresh, idleAfterMs, say, signal }: StackOptions): Promise<Stack> => {
  const port = await choosePorts(topology.ports, ports);
  for (const name of portNames)
    if (port[name] !== topology.ports[name] && ports[name] === undefined)
      say(`port ${topology.ports[name]} is taken: ${name} takes ${port[name]}`);
  if (fresh) for (const folder of kept) rmSync(path.join(data, folder), { recursive: true, force: true });
  mkdirSync(data, { recursive: true });

  const logs = path.join(data, 'logs');
  const at = (name: ServiceName) => `http://127.0.0.1:${port[name]}`;
  const url = {
    'booking-producer': at('booking-producer'),
    'payment-producer': at('payment-producer'),
    joiner: at('joiner'),
    'warehouse-writer': at('warehouse-writer'),
    'report-api': at('report-api'),
  };
  const sqlUrl = `postgres://postgres@127.0.0.1:${port.sql}/postgres`;
  const connectionString = `Endpoint=sb://localhost:${port['event-hubs']};SharedAccessKeyName=local;SharedAccessKey=local;UseDevelopmentEmulator=true`;

  const pids: Record<string, number | undefined> = {};
  const watch: Watch = {
    died: (name, how, logFile) => say(`${name} died (${how}); starting it again. Its log: ${logFile}`),
    started(name, pid) {
      // Who runs where, for people and for tests that kill: replaced as a whole, so that nobody reads half of it.
      pids[name] = pid;
      const draft = path.join(data, 'stack.json.draft');
      writeFileSync(draft, JSON.stringify({ pids, url, sqlUrl, connectionString }, null, 2));
      renameSync(draft, path.join(data, 'stack.json'));
    },
  };
  const stores: Supervised[] = [];
  const services = new Map<ServiceName, Supervised>();
  const hubs = openHubs({ eventHubsConnectionString: connectionString }, { warn: () => undefined });

  const stop = async (): Promise<void> => {
    for (const name of serviceNames) await services.get(name)?.stop(30_000);
    await hubs[Symbol.asyncDispose]();
    await Promise.all(stores.map((store) => store.stop(10_000)));
    rmSync(path.join(data, 'stack.json'), { force: true });
  };

  try {
    stores.push(
      supervise(
        {
          name: 'event-hubs',
          entry: fileURLToPath(import.meta.resolve('@boxoffice/event-hubs-emulator/main')),
          args: ['--topology', topologyFile, '--port', String(port['event-hubs']), '--data', path.join(data, 'hubs')],
        },
        logs,
        watch,
      ),
      supervise(
        {
          name: 'warehouse',
          entry: fileURLToPath(import.meta.resolve('@boxoffice/warehouse/embedded/main')),
          args: ['--port', String(port.sql), '--data', path.join(data, 'warehouse')],
        },
        logs,
        watch,
      ),
    );
    await Promise.all(stores.map((store) => store.listening()));
    signal.throwIfAborted();

    await using warehouse = await openWarehouse({ warehouseUrl: sqlUrl });
    await warehouse.migrate();
    await warehouse.catalogue.seed(catalogue());

    for (const name of serviceNames)
      services.set(
        name,
        supervise(
          {
            name,
            entry: mainOf(name),
            env: {
              HOST: '127.0.0.1',
              PORT: String(port[name]),
              EVENT_HUBS_CONNECTION_STRING: connectionString,
              WAREHOUSE_URL: sqlUrl,
              CHECKPOINT_DIRECTORY: path.join(data, 'checkpoints'),
              ...(name === 'joiner' && idleAfterMs !== undefined && { IDLE_AFTER_MS: String(idleAfterMs) }),
            },
          },
          logs,
          watch,
        ),
      );
    await Promise.all([...services].map(([name, { restarts }]) => untilReady(name, url[name], restarts, logs, signal)));
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, sqlUrl, connectionString, hubs, logs, [Symbol.asyncDispose]: stop };
};
