import { renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { lockDirectory } from '@boxoffice/directory-lock';
import { openHubs } from '@boxoffice/hubs';
import type { Hubs } from '@boxoffice/hubs';
import { catalogue } from '@boxoffice/scenario';
import { openWarehouse } from '@boxoffice/warehouse';
import { z } from 'zod';
import { fetchJson } from './fetch-json.ts';
import { isFree, requireFree } from './ports.ts';
import { supervise } from './supervise.ts';
import type { ServiceSpec, Supervised, Watch } from './supervise.ts';
import { portNames, topologyFile } from './topology.ts';
import type { PortName, Topology } from './topology.ts';

/** The five services, in the order in which they stop: what feeds the others first. */
export const serviceNames = ['booking-producer', 'payment-producer', 'joiner', 'warehouse-writer', 'report-api'] as const;
/** @see serviceNames */
export type ServiceName = (typeof serviceNames)[number];

/** One of several processes of a service. */
interface Instance {
  readonly name: string;
  readonly url: string;
}

/** Everything, running on this machine. */
export interface Stack extends AsyncDisposable {
  readonly url: Readonly<Record<ServiceName, string>>;
  /** All joiners, which share the partitions; `url.joiner` is the first. */
  readonly joiners: readonly Instance[];
  readonly sqlUrl: string;
  readonly connectionString: string;
  readonly hubs: Hubs;
  /** Where the output of each process goes. */
  readonly logs: string;
}

/** What a stack is made from. */
export interface StackOptions {
  readonly topology: Topology;
  /** Ports that were set, and may not move. */
  readonly ports: Readonly<Partial<Record<PortName, number>>>;
  readonly data: string;
  readonly fresh: boolean;
  /** How long the joiner lets an input rest before it declares it complete, ms; undefined for its default. */
  readonly idleAfterMs: number | undefined;
  /** Payments in one message, at most. */
  readonly packing: number;
  /** How many joiners share the partitions. */
  readonly joiners: number;
  /** Tells people what goes on. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Of synthetic customers only; the same each time, so that a replay gives the same keys. */
const developmentKey = 'development-only-key';

const kept = ['hubs', 'warehouse', 'checkpoints', 'logs'];
const mainOf = (name: ServiceName) => fileURLToPath(new URL(`../../${name}/src/main.ts`, import.meta.url));
/** The lease of several joiners: on one machine nothing but a process that stands still misses a renewal for so long. */
export const sharedLeaseMs = 3000;
/** What the joiner reads lives for some milliseconds: a young generation of 64 MB outlasts it, and one helper collects it. */
export const joinerNodeArgs = ['--v8-pool-size=1', '--max-semi-space-size=64'] as const;
const urlOf = (service: Supervised) => `http://127.0.0.1:${service.port()}`;

const untilReady = async (service: Supervised, signal: AbortSignal): Promise<void> => {
  await service.listening;
  for (;;) {
    signal.throwIfAborted();
    // Not ready yet, or being started again: both are what is being waited for.
    const asked = fetchJson(`${urlOf(service)}/readyz`, z.object({ ready: z.literal(true) }), { withinMs: 2000 });
    if (await asked.catch(() => undefined)) return;
    await wait(50, undefined, { signal });
  }
};

/**
 * Starts the hubs, the warehouse and the five services, each a process of its own that is started again when it dies, and waits
 * until all are ready. Disposing stops them in the order of the data, so that each can finish what it has.
 * @throws {PortTakenError} for a port that was set and is taken; {DirectoryInUseError} when another stack uses the data; an Error that says what could not be started, and where its log is.
 */
export const startStack = async ({
  topology,
  ports,
  data,
  fresh,
  idleAfterMs,
  packing,
  joiners,
  say,
  signal,
}: StackOptions): Promise<Stack> => {
  await requireFree(ports);
  // Before anything is emptied: another stack may be at work on this data.
  const lock = lockDirectory(data);
  if (fresh) for (const folder of kept) rmSync(path.join(data, folder), { recursive: true, force: true });
  const logs = path.join(data, 'logs');
  const furtherJoiners = Array.from({ length: joiners - 1 }, (_, index) => `joiner-${index + 2}`);
  const running: Supervised[] = [];

  const describe = (): void => {
    // Who runs where, for people and for tests that kill: replaced as a whole, so that nobody reads half of it.
    const draft = path.join(data, 'stack.json.draft');
    const services = running.map((each) => [each.name, { pid: each.pid(), port: each.port() }] as const);
    writeFileSync(draft, JSON.stringify(Object.fromEntries(services), null, 2));
    renameSync(draft, path.join(data, 'stack.json'));
  };
  const watch: Watch = {
    died: (name, how, logFile) => say(`${name} died (${how}); starting it again. Its log: ${logFile}`),
    changed: describe,
  };
  const start = async (name: string, spec: Pick<ServiceSpec, 'entry' | 'nodeArgs' | 'args' | 'env'>): Promise<Supervised> => {
    // A further joiner has no port of its own in the topology, and takes any.
    const known = portNames.find((each) => each === name);
    const fixed = known !== undefined && ports[known] !== undefined;
    const wanted = known && (ports[known] ?? topology.ports[known]);
    const port = wanted !== undefined && (fixed || (await isFree(wanted))) ? wanted : 0;
    const service = supervise({ name, fixed, port, ...spec }, logs, watch);
    running.push(service);
    await service.listening;
    if (wanted !== undefined && service.port() !== wanted) say(`port ${wanted} is taken: ${name} takes ${service.port()}`);
    return service;
  };

  let hubs: Hubs | undefined;
  const stop = async (): Promise<void> => {
    for (const name of serviceNames) {
      const names = name === 'joiner' ? [name, ...furtherJoiners] : [name];
      await Promise.all(running.filter((each) => names.includes(each.name)).map((each) => each.stop(30_000)));
    }
    await hubs?.[Symbol.asyncDispose]();
    await Promise.all(running.map((each) => each.stop(10_000)));
    rmSync(path.join(data, 'stack.json'), { force: true });
    lock[Symbol.dispose]();
  };

  try {
    const [server, sql] = await Promise.all([
      start('event-hubs', {
        entry: fileURLToPath(import.meta.resolve('@boxoffice/event-hubs-emulator/main')),
        args: (port) => ['--topology', topologyFile, '--port', String(port), '--data', path.join(data, 'hubs')],
      }),
      start('sql', {
        entry: fileURLToPath(import.meta.resolve('@boxoffice/warehouse/embedded/main')),
        args: (port) => ['--port', String(port), '--data', path.join(data, 'warehouse')],
      }),
    ]);
    const sqlUrl = `postgres://postgres@127.0.0.1:${sql.port()}/postgres`;
    const connectionString = `Endpoint=sb://localhost:${server.port()};SharedAccessKeyName=local;SharedAccessKey=local;UseDevelopmentEmulator=true`;
    hubs = openHubs({ eventHubsConnectionString: connectionString }, { warn: () => undefined });
    signal.throwIfAborted();

    await using warehouse = await openWarehouse({ warehouseUrl: sqlUrl });
    await warehouse.migrate();
    await warehouse.catalogue.seed(catalogue());

    const startService = async (service: ServiceName, name: string = service): Promise<string> => {
      const started = await start(name, {
        entry: mainOf(service),
        ...(service === 'joiner' && { nodeArgs: joinerNodeArgs }),
        env: (port) => ({
          HOST: '127.0.0.1',
          PORT: String(port),
          EVENT_HUBS_CONNECTION_STRING: connectionString,
          WAREHOUSE_URL: sqlUrl,
          CHECKPOINT_DIRECTORY: path.join(data, 'checkpoints'),
          ...(service === 'payment-producer' && { PACKING: String(packing) }),
          ...(service === 'joiner' && { CUSTOMER_HMAC_KEY: developmentKey, INSTANCE_ID: name }),
          ...(service === 'joiner' && joiners > 1 && { LEASE_MS: String(sharedLeaseMs) }),
          ...(service === 'joiner' && idleAfterMs !== undefined && { IDLE_AFTER_MS: String(idleAfterMs) }),
        }),
      });
      await untilReady(started, signal);
      return urlOf(started);
    };
    const startJoiner = async (name: string): Promise<Instance> => ({ name, url: await startService('joiner', name) });
    const [bookingProducer, paymentProducer, joiner, warehouseWriter, reportApi, others] = await Promise.all([
      startService('booking-producer'),
      startService('payment-producer'),
      startJoiner('joiner'),
      startService('warehouse-writer'),
      startService('report-api'),
      Promise.all(furtherJoiners.map(startJoiner)),
    ]);
    const url = {
      'booking-producer': bookingProducer,
      'payment-producer': paymentProducer,
      joiner: joiner.url,
      'warehouse-writer': warehouseWriter,
      'report-api': reportApi,
    };
    return { url, joiners: [joiner, ...others], sqlUrl, connectionString, hubs, logs, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
