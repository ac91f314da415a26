import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { startEmulator } from './emulator.ts';
import { killRounds } from './kill-rounds.ts';
import { connectSdk, temporaryDirectory } from './sdk-fixture.ts';
import { listening, spawnServer } from './server-process.ts';

async function outcome(server: ChildProcess): Promise<{ code: unknown; stderr: string }> {
  const [stderr, [code]] = await Promise.all([text(server.stderr!), once(server, 'exit')]);
  return { code, stderr };
}

test('kill -9 in the middle of a stream loses nothing acknowledged, and leaves no gap', async () => {
  await using directory = await temporaryDirectory();
  const { acknowledged, ...faults } = await killRounds({ rounds: 3, perRound: 3000, dataDirectory: directory.path });
  expect(acknowledged).toBeGreaterThan(9000);
  expect(faults).toEqual({ lost: 0, gaps: 0, repeated: 0 });
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
