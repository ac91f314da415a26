import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { startEmulator } from './emulator.ts';
import { connectSdk, temporaryDirectory } from './sdk-fixture.ts';

const main = join(import.meta.dirname, 'main.ts');

/** The server as a process of its own; it ends when the channel to it does, so none outlives the tests. */
function spawnServer(...flags: string[]): ChildProcess {
  return spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
}

async function listening(server: ChildProcess): Promise<{ event: string; port: number; connectionString: string }> {
  for await (const line of createInterface({ input: server.stdout! })) return JSON.parse(line);
  throw new Error(`the server ended: ${await text(server.stderr!)}`);
}

async function outcome(server: ChildProcess): Promise<{ code: unknown; stderr: string }> {
  const [stderr, [code]] = await Promise.all([text(server.stderr!), once(server, 'exit')]);
  return { code, stderr };
}

test('kill -9 in the middle of a stream loses nothing acknowledged, and leaves no gap', async () => {
  await using directory = await temporaryDirectory();
  const flags = ['--hub', 'bookings:2', '--port', '0', '--data', directory.path];
  const acknowledged: number[][] = [[], []];
  for (let round = 0; round < 3; round++) {
    const server = spawnServer(...flags);
    const { connectionString } = await listening(server);
    await using sdk = connectSdk(connectionString);
    const producer = sdk.producer();
    const enough = Promise.withResolvers<void>();
    const lanes = ['0', '1'].map(async (partitionId, lane) => {
      for (let n = round * 1_000_000; server.exitCode === null && server.signalCode === null; n += 50) {
        const numbers = Array.from({ length: 50 }, (_, i) => n + i);
        await producer.sendBatch(
          numbers.map((body) => ({ body })),
          { partitionId },
        );
        acknowledged[lane]!.push(...numbers);
        if (acknowledged[lane]!.length > (round + 1) * 3000) enough.resolve();
      }
    });
    await enough.promise;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
    // The SDK lets go of the batches in flight only when their time-out is over: they were not acknowledged, and are not waited for.
    void Promise.allSettled(lanes);
  }
  await using emulator = await startEmulator({ hubs: { bookings: { partitions: 2 } }, dataDirectory: directory.path });
  await using sdk = connectSdk(emulator.connectionString);
  for (const lane of [0, 1]) {
    const { lastEnqueuedSequenceNumber: last } = await sdk.producer().getPartitionProperties(String(lane));
    const events = await sdk.read({ partition: String(lane), count: last + 1 });
    expect(events.map(({ sequenceNumber }) => sequenceNumber)).toEqual(Array.from({ length: last + 1 }, (_, i) => i));
    const stored = new Set(events.map(({ body }) => body));
    expect(acknowledged[lane]!.filter((number) => !stored.has(number))).toEqual([]);
  }
});

test('SIGTERM stops the server with exit code 0, and the next start has everything', async () => {
  await using directory = await temporaryDirectory();
  const topology = join(directory.path, 'topology.json');
  await writeFile(topology, JSON.stringify({ hubs: { payments: { partitions: 1, consumerGroups: ['joiner'] } }, ports: {} }));
  const flags = ['--topology', topology, '--port', '0', '--data', join(directory.path, 'data')];
  const first = spawnServer(...flags);
  const { connectionString, ...rest } = await listening(first);
  expect(rest).toEqual({ event: 'listening', port: expect.any(Number) });
  await using before = connectSdk(connectionString);
  await before.producer('payments').sendBatch([{ body: 'kept' }]);
  first.kill('SIGTERM');
  expect(await outcome(first)).toEqual({ code: 0, stderr: '' });

  const second = spawnServer(...flags);
  const { connectionString: again } = await listening(second);
  await using after = connectSdk(again);
  expect(await after.read({ consumer: after.consumer('payments', 'joiner'), count: 1 })).toMatchObject([{ body: 'kept' }]);
  second.kill('SIGINT');
  expect(await outcome(second)).toEqual({ code: 0, stderr: '' });
});

test('the server stops when the process that started it lets go of the channel', async () => {
  await using directory = await temporaryDirectory();
  const server = spawnServer('--hub', 'bookings:1', '--port', '0', '--data', directory.path);
  await listening(server);
  server.disconnect();
  expect(await outcome(server)).toEqual({ code: 0, stderr: '' });
});

test('a port that is taken is an error of one line, and exit code 1', async () => {
  await using directory = await temporaryDirectory();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const server = spawnServer('--hub', 'bookings:1', '--port', String(port), '--data', directory.path);
  const line = `event-hubs-emulator: port ${port} of 127.0.0.1 is taken; stop what listens there, or choose another port\n`;
  expect(await outcome(server)).toEqual({ code: 1, stderr: line });
  other.close();
});

test('a data directory in use is an error of one line, and exit code 1', async () => {
  await using directory = await temporaryDirectory();
  await using _ = await startEmulator({ hubs: { bookings: { partitions: 1 } }, dataDirectory: directory.path });
  const server = spawnServer('--hub', 'bookings:1', '--port', '0', '--data', directory.path);
  const line = `event-hubs-emulator: ${directory.path} is in use by process ${process.pid}; stop it, or choose another directory\n`;
  expect(await outcome(server)).toEqual({ code: 1, stderr: line });
});
