import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { eventually, isAlive, startProcess, temporaryFolder } from './stack-process.ts';

test('a stack whose starter is killed stops, and leaves no process behind', { timeout: 60_000 }, async () => {
  using temporary = temporaryFolder();
  const starter = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await using stack = startProcess(temporary.folder, ['--bookings', '10'], { BOX_OFFICE_PARENT_PID: String(starter.pid) });
  await eventually(stack, 'the last service', () => (stack.find('report-api') ? true : undefined));
  const pids = stack.pids();
  expect(pids.length).toBe(7);
  starter.kill('SIGKILL');
  await stack.exited;
  expect(pids.filter(isAlive)).toEqual([]);
});

test('a stack that is killed itself leaves no process behind', { timeout: 60_000 }, async () => {
  using temporary = temporaryFolder();
  await using stack = startProcess(temporary.folder, ['--bookings', '10']);
  await eventually(stack, 'the last service', () => (stack.find('report-api') ? true : undefined));
  const pids = stack.pids();
  stack.signal('SIGKILL');
  await stack.exited;
  await expect.poll(() => pids.filter(isAlive), { timeout: 30_000 }).toEqual([]);
});
