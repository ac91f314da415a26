import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { topologyFile } from '../../apps/local-stack/src/topology.ts';
import { listening } from '../../packages/event-hubs-emulator/src/server-process.ts';
import { openHubs } from '../../packages/hubs/src/index.ts';
import type { Hubs } from '../../packages/hubs/src/index.ts';
import { catalogue } from '../../packages/scenario/src/index.ts';
import { startEmbeddedWarehouse } from '../../packages/warehouse/src/embedded/server.ts';
import { openWarehouse } from '../../packages/warehouse/src/index.ts';

const entry = fileURLToPath(import.meta.resolve('../../packages/event-hubs-emulator/src/main.ts'));

/** Hubs and a catalogue, with nothing in the hubs yet; disposing ends and removes all of it. */
export interface Surroundings extends AsyncDisposable {
  readonly server: ChildProcess;
  readonly connectionString: string;
  readonly warehouseUrl: string;
  readonly hubs: Hubs;
  /** Folder for whatever else is to be removed in the end. */
  readonly folder: string;
}

/** Starts an Event Hubs server of its own, and serves the catalogue of shows from this process, so that joined events are whole. */
export const startSurroundings = async (): Promise<Surroundings> => {
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(path.join(tmpdir(), 'joiner-bench-'));
  stack.defer(() => rmSync(folder, { recursive: true }));
  const embedded = stack.use(await startEmbeddedWarehouse({ dataDirectory: path.join(folder, 'warehouse'), port: 0 }));
  await using warehouse = await openWarehouse({ warehouseUrl: embedded.url });
  await warehouse.migrate();
  await warehouse.catalogue.seed(catalogue());
  const args = ['--topology', topologyFile, '--port', '0', '--data', path.join(folder, 'hubs')];
  const server = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  stack.defer(async () => {
    const exited = once(server, 'exit');
    server.disconnect();
    await exited;
  });
  const { connectionString } = await listening(server);
  const hubs = stack.use(openHubs({ eventHubsConnectionString: connectionString }, { warn: () => undefined }));
  const owned = stack.move();
  return {
    server,
    connectionString,
    warehouseUrl: embedded.url,
    hubs,
    folder,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};
