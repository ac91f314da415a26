import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';

const SERVICE = fileURLToPath(new URL('./fixtures/sample-service.ts', import.meta.url));

/** Starts the sample as a process of its own; `until` waits for a sentence in its log. */
const start = (env: Record<string, string>, stdio: StdioOptions = ['ignore', 'pipe', 'pipe']) => {
  const child: ChildProcess = spawn(process.execPath, [SERVICE], { env, stdio });
  onTestFinished(() => void child.kill('SIGKILL'));
  if (child.stdout === null || child.stderr === null) throw new Error('the sample has no output to read');
  const errors = text(child.stderr);
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
    child.emit('printed');
  });
  const until = async (sentence: string) => {
    while (!out.includes(`"msg":"${sentence}"`)) await once(child, 'printed');
  };
  // Not 'close': Node does not emit it once the channel was disconnected from this side.
  const ended = Promise.all([once(child, 'exit'), errors, once(child.stdout, 'close')]).then(([[code], said]) => ({
    code: z.number().parse(code),
    out,
    errors: said,
  }));
  return { child, until, ended };
};

const lastLine = (out: string): unknown => JSON.parse(out.trim().split('\n').at(-1) ?? 'null');

describe('a service', () => {
  test.for(['SIGTERM', 'SIGINT'] as const)('told by %s drains and exits 0, stray handles or not', async (name) => {
    const { child, until, ended } = start({ BATCH_SIZE: '1' });
    await until('running');
    child.kill(name);
    const { code, out, errors } = await ended;
    expect([code, errors]).toEqual([0, '']);
    expect(lastLine(out)).toMatchObject({ level: 'info', service: 'sample', msg: 'drained; exiting' });
  });

  test('that loses the channel to its supervisor drains and exits 0', async () => {
    const { child, until, ended } = start({ BATCH_SIZE: '1' }, ['ignore', 'pipe', 'pipe', 'ipc']);
    await until('running');
    child.disconnect();
    const { code, out } = await ended;
    expect([code, lastLine(out)]).toEqual([0, expect.objectContaining({ msg: 'drained; exiting' })]);
  });

  test('whose log nobody reads any more still drains and exits 0', async () => {
    const { child, until, ended } = start({ BATCH_SIZE: '1' }, ['ignore', 'pipe', 'pipe', 'ipc']);
    await until('running');
    child.stdout?.destroy();
    child.disconnect();
    expect((await ended).code).toBe(0);
  });

  test('that gets the same signal again exits 1 at once, undrained', async () => {
    const { child, until, ended } = start({ BATCH_SIZE: '1', ENDS: 'never' });
    await until('running');
    child.kill('SIGTERM');
    await until('asked to stop; draining');
    child.kill('SIGTERM');
    const { code, out } = await ended;
    expect([code, lastLine(out)]).toEqual([1, expect.objectContaining({ msg: 'asked to stop again; exiting undrained' })]);
  });

  test('that gets another signal after the first takes both for one request', async () => {
    const { child, until, ended } = start({ BATCH_SIZE: '1' });
    await until('running');
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  });

  test('with unusable settings names them all on standard error and exits 1', async () => {
    const { code, out, errors } = await start({ PORT: 'x', HUB_KEY: 'k' }).ended;
    expect([code, out]).toEqual([1, '']);
    expect(errors).toBe(
      [
        'sample cannot start: 2 settings are not usable:',
        '  PORT: expected a port number from 0 to 65535 (0 takes any free one); found "x"',
        '  BATCH_SIZE: expected a whole number of at least 1; it is not set',
        '',
      ].join('\n'),
    );
  });

  test('whose main throws logs the chain of causes and exits 1', async () => {
    const { code, out } = await start({ BATCH_SIZE: '1', ENDS: 'throwing' }).ended;
    expect([code, lastLine(out)]).toEqual([
      1,
      expect.objectContaining({ level: 'fatal', msg: 'crashed', chain: ['Error: no hub', 'Error: no route'] }),
    ]);
  });

  test('with a rejection nobody handled exits 1', async () => {
    const { code, out } = await start({ BATCH_SIZE: '1', ENDS: 'rejecting' }).ended;
    expect([code, lastLine(out)]).toEqual([1, expect.objectContaining({ level: 'fatal', chain: ['Error: left behind'] })]);
  });

  test('whose work is done unasked says so and exits 0', async () => {
    const { code, out } = await start({ BATCH_SIZE: '1', ENDS: 'at-once' }).ended;
    expect([code, lastLine(out)]).toEqual([0, expect.objectContaining({ msg: 'finished; exiting' })]);
  });
});
