import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

const main = join(import.meta.dirname, 'main.ts');

/** The server as a process of its own, for tests; it ends when the channel to it does, so none outlives them. */
export function spawnServer(...flags: string[]): ChildProcess {
  return spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
}

/** The line that a server prints once it listens. Throws what it says on standard error, when it ends instead. */
export async function listening(server: ChildProcess): Promise<{ event: string; port: number; connectionString: string }> {
  for await (const line of createInterface({ input: server.stdout! })) return JSON.parse(line);
  throw new Error(`the server ended: ${await text(server.stderr!)}`);
}
