import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { supervise } from './supervise.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'supervise '));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const script = (name: string, text: string) => {
  const entry = path.join(folder, `${name}.mjs`);
  writeFileSync(entry, text);
  return { name, entry };
};
const listens = `process.stdout.write('{"event":"listening"}\\n'); process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000);`;

test('a process that is killed is started again, and stays down once it is stopped', async () => {
  const died: string[] = [];
  const pids: (number | undefined)[] = [];
  const watch = {
    died: (name: string, how: string) => void died.push(`${name} ${how}`),
    started: (_: string, pid: number | undefined) => void pids.push(pid),
  };
  const service = supervise(script('steady', listens), path.join(folder, 'logs'), watch);
  await service.listening();
  process.kill(service.pid() ?? 0, 'SIGKILL');
  await expect.poll(() => service.restarts()).toBe(1);
  await expect.poll(() => pids.length).toBe(2);
  await service.listening();
  await service.stop(5000);
  expect(died).toEqual(['steady SIGKILL']);
  expect(pids).toHaveLength(2);
});

test('one that ends before it listens says why, and its words are in its log', async () => {
  const watch = { died: () => undefined, started: () => undefined };
  const service = supervise(script('broken', `console.error('no such hub'); process.exit(3);`), path.join(folder, 'logs'), watch);
  await expect(service.listening()).rejects.toThrow(/broken ended \(exit code 3\)[^]*no such hub/);
  await service.stop(1000);
  expect(readFileSync(path.join(folder, 'logs', 'broken.log'), 'utf8')).toContain('no such hub');
});

test('one that does not stop when asked is killed', async () => {
  const watch = { died: () => undefined, started: () => undefined };
  const deaf = `process.on('SIGTERM', () => {}); process.stdout.write('{"event":"listening"}\\n'); setInterval(() => {}, 1000);`;
  const service = supervise(script('deaf', deaf), path.join(folder, 'logs'), watch);
  await service.listening();
  await service.stop(50);
  expect(() => process.kill(service.pid() ?? 0, 0)).toThrow(/ESRCH/);
});
