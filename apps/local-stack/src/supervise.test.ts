import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { supervise } from './supervise.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'supervise '));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const script = (name: string, text: string) => {
  const entry = path.join(folder, `${name}.mjs`);
  writeFileSync(entry, text);
  return { name, entry, port: 1, fixed: true };
};
const logs = path.join(folder, 'logs');
const quiet = { died: () => undefined, changed: () => undefined };
const listens = `process.stdout.write('{"event":"listening","port":1}\\n'); setInterval(() => {}, 1000);`;

test('a process that is killed is started again, and stays down once it is stopped', async () => {
  const died: string[] = [];
  const watch = { ...quiet, died: (name: string, how: string) => void died.push(`${name} ${how}`) };
  const service = supervise(script('steady', `process.on('SIGTERM', () => process.exit(0)); ${listens}`), logs, watch);
  await service.listening;
  const first = service.pid() ?? 0;
  process.kill(first, 'SIGKILL');
  await expect.poll(() => service.pid()).not.toBe(first);
  await service.stop(5000);
  expect(died).toEqual(['steady SIGKILL']);
  expect(service.restarts()).toBe(1);
  expect(() => process.kill(service.pid() ?? 0, 0)).toThrow(/ESRCH/);
});

test('one that never listens says why, and its words are in its log', async () => {
  const service = supervise(script('broken', `console.error('no such hub'); process.exit(3);`), logs, quiet);
  await expect(service.listening).rejects.toThrow(/broken does not start \(exit code 3\)[^]*no such hub/);
  await service.stop(1000);
  expect(readFileSync(path.join(logs, 'broken.log'), 'utf8')).toContain('no such hub');
});

test('one that does not stop when asked is killed', async () => {
  const service = supervise(script('deaf', `process.on('SIGTERM', () => {}); ${listens}`), logs, quiet);
  await service.listening;
  await service.stop(50);
  expect(() => process.kill(service.pid() ?? 0, 0)).toThrow(/ESRCH/);
});

const args = (port: number) => [String(port)];
const server = `
  const server = (await import('node:net')).createServer();
  server.on('error', () => process.exit(1));
  server.listen(Number(process.argv[2]), '127.0.0.1', () => process.send({ event: 'listening', port: server.address().port }));`;

test('a port that somebody else was quicker to take moves, and that is no death', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', () => resolve()));
  const address = taken.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  const died: string[] = [];
  const service = supervise({ ...script('server', server), port: address.port, fixed: false, args }, logs, {
    ...quiet,
    died: (name) => void died.push(name),
  });
  await service.listening;
  expect(service.port()).not.toBe(address.port);
  expect(died).toEqual([]);
  await service.stop(5000);
  taken.close();
});
