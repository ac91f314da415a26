#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseCommandLine } from './command-line.ts';
import { startEmulator } from './emulator.ts';
import type { EmulatorLog } from './emulator-options.ts';

const write =
  (level: string) =>
  (details: object, message: string): void => {
    process.stderr.write(`${JSON.stringify({ level, time: new Date().toISOString(), ...details, message })}\n`);
  };
const log: EmulatorLog = { info: write('info'), warn: write('warn') };

/** Resolves when the process is asked to stop: by a signal, or by the end of the process that started it. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        resolve();
        process.once(signal, () => process.exit(1));
      });
    }
    process.once('disconnect', resolve);
  });
}

try {
  const stopped = untilStopped();
  const options = parseCommandLine(process.argv.slice(2), (path) => readFileSync(path, 'utf8'), process.env);
  await using emulator = await startEmulator({ ...options, log });
  const { port, httpPort, connectionString } = emulator;
  process.stdout.write(`${JSON.stringify({ event: 'listening', port, httpPort, connectionString })}\n`);
  await stopped;
} catch (error) {
  process.stderr.write(`event-hubs-emulator: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
// An IPC channel that the parent left open would keep the process alive.
if (process.connected) process.disconnect?.();
