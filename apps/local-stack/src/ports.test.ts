import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { isFree, requireFree } from './ports.ts';

const takePort = async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return { port: address.port, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())) };
};

test('a port is free until somebody listens there', async () => {
  const taken = await takePort();
  expect(await isFree(taken.port)).toBe(false);
  await taken[Symbol.asyncDispose]();
  expect(await isFree(taken.port)).toBe(true);
});

test('one that was set and is taken is an error that names it', async () => {
  await using taken = await takePort();
  await expect(requireFree({ sql: taken.port })).rejects.toThrow(`--port sql=${taken.port}: is taken`);
});
