import { parseArgs } from 'node:util';
import { startEmbeddedWarehouse } from './server.ts';
import type { EmbeddedWarehouse } from './server.ts';

const fail = (error: unknown): never => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reason = code === 'EADDRINUSE' ? 'the port is taken; choose another with --port, or 0 for any' : undefined;
  process.stderr.write(`embedded warehouse: ${reason ?? (error instanceof Error ? error.message : String(error))}\n`);
  process.exit(1);
};

const readOptions = () => {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      port: { type: 'string', default: '5433' },
      host: { type: 'string', default: '127.0.0.1' },
    },
  });
  if (!values.data) throw new Error('--data is missing; expected the directory to keep the database in');
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535)
    throw new Error(`--port is ${values.port}; expected a port number from 0 to 65535 (0 takes any free one)`);
  return { dataDirectory: values.data, port: Number(values.port), host: values.host };
};

let running: EmbeddedWarehouse | undefined;
let stopping = false;
const stop = (): void => {
  stopping = true;
  running?.[Symbol.asyncDispose]().then(() => process.exit(0), fail);
  running = undefined;
};
process.on('SIGTERM', stop).on('SIGINT', stop);
// Spawned with a channel, this process ends with its parent, however that one ended.
if (process.connected !== undefined) process.on('disconnect', stop);
if (process.connected !== undefined && !process.connected) stop();

try {
  running = await startEmbeddedWarehouse(readOptions());
} catch (error) {
  fail(error);
}
if (running) {
  const { port, url, broken } = running;
  process.stdout.write(`${JSON.stringify({ event: 'listening', port, url })}\n`);
  void broken.then(fail);
}
if (stopping) stop();
