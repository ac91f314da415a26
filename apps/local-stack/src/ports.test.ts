import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { choosePorts } from './ports.ts';
import { portNames, readTopology } from './topology.ts';

const takePort = async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return { port: address.port, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())) };
};

test('a default port that is taken moves, and no two get the same', async () => {
  await using taken = await takePort();
  const chosen = await choosePorts({ ...readTopology().ports, sql: taken.port, joiner: taken.port }, {});
  expect(chosen.sql).not.toBe(taken.port);
  expect(new Set(Object.values(chosen)).size).toBe(portNames.length);
});

test('one that was set and is taken is an error that names it', async () => {
  await using taken = await takePort();
  await expect(choosePorts(readTopology().ports, { sql: taken.port })).rejects.toThrow(`--port sql=${taken.port}: is taken`);
});
