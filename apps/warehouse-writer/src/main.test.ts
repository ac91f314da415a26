import { startEmulator } from '@boxoffice/event-hubs-emulator';
import { startEmbeddedWarehouse } from '@boxoffice/warehouse/embedded';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test, vi } from 'vitest';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const program = fileURLToPath(new URL('main.ts', import.meta.url));

const launch = (env: Readonly<Record<string, string>>) => {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  resources.defer(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let said = '';
  child.stderr.on('data', (text) => (said += String(text)));
  const listening = (async () => {
    for await (const line of createInterface(child.stdout)) {
      const { msg, url }: { msg: string; url: string } = JSON.parse(line);
      if (msg === 'listening') return url;
    }
    throw new Error(`the writer ended before it listened: ${said}`);
  })();
  listening.catch(() => {});
  return { child, listening, ended: async () => ({ code: (await exited)[0], said }) };
};

test('the service gets ready, tells how far it is, and ends with 0 on SIGTERM', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'writer-main-'));
  resources.defer(() => rm(directory, { recursive: true }));
  const warehouse = resources.use(await startEmbeddedWarehouse({ dataDirectory: join(directory, 'sql'), port: 0 }));
  const hub = { partitions: 1, consumerGroups: ['warehouse-writer'] };
  const emulator = resources.use(
    await startEmulator({ hubs: { joined: hub, quarantine: hub }, dataDirectory: join(directory, 'hubs') }),
  );
  const { child, listening, ended } = launch({
    PORT: '0',
    EVENT_HUBS_CONNECTION_STRING: emulator.connectionString,
    WAREHOUSE_URL: warehouse.url,
  });
  const url = await listening;
  await vi.waitFor(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), { timeout: 20_000 });
  expect(await (await fetch(`${url}/v1/partitions`)).json()).toEqual({
    partitions: [
      { stream: 'joined', hub: 'joined', partition: 0, loaded: null, lastEnqueued: null, lag: 0 },
      { stream: 'quarantine', hub: 'quarantine', partition: 0, loaded: null, lastEnqueued: null, lag: 0 },
    ],
  });
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('writer_lag_messages{hub="joined",partition="0"');
  child.kill('SIGTERM');
  expect(await ended()).toEqual({ code: 0, said: '' });
});

test('unusable settings end it with 1, each named with what is expected', async () => {
  const { code, said } = await launch({ WAREHOUSE_URL: 'nonsense', BATCH_EVENTS: '0' }).ended();
  expect(code).toBe(1);
  for (const variable of ['WAREHOUSE_URL', 'BATCH_EVENTS', 'EVENT_HUBS_CONNECTION_STRING']) expect(said).toContain(variable);
});
