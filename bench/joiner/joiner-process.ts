import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ServiceError, fetchJson } from '../../apps/local-stack/src/fetch-json.ts';
import { joinerNodeArgs } from '../../apps/local-stack/src/stack.ts';
import type { Surroundings } from './surroundings.ts';

const entry = fileURLToPath(import.meta.resolve('../../apps/joiner/src/main.ts'));

const input = z.object({ checkpointedTo: z.int(), open: z.int() });
const pair = z.object({
  partition: z.int(),
  bookings: input,
  payments: input,
  ledger: z.object({ received: z.int() }),
  replayed: z.int(),
});
const listed = z.object({ partitions: z.array(pair) });
const listeningAt = z.object({ event: z.literal('listening'), port: z.int() });

/** A joiner, in a process of its own. */
export interface JoinerProcess {
  readonly child: ChildProcess;
  /** When it was started, by `performance.now()`. */
  readonly startedAt: number;
  partitions(): Promise<z.infer<typeof pair>[]>;
  isReady(): Promise<boolean>;
  /** Asks it to stop, and waits until it has. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
}

/** Starts a joiner that owns all pairs; with the same `folder` and `checkpoints` it takes up where an earlier one was. */
export const startJoiner = async (
  { connectionString, warehouseUrl, folder }: Surroundings,
  checkpoints: string,
  { env = {}, nodeArgs = [] }: { readonly env?: Readonly<Record<string, string>>; readonly nodeArgs?: readonly string[] } = {},
): Promise<JoinerProcess> => {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...joinerNodeArgs, ...nodeArgs, entry], {
    // What it warns of is no part of the results.
    stdio: ['ignore', 2, 2, 'ipc'],
    env: {
      ...process.env,
      PORT: '0',
      LOG_LEVEL: 'warn',
      EVENT_HUBS_CONNECTION_STRING: connectionString,
      WAREHOUSE_URL: warehouseUrl,
      CHECKPOINT_DIRECTORY: path.join(folder, checkpoints),
      INSTANCE_ID: 'bench',
      ...env,
    },
  });
  const exited = once(child, 'exit');
  const ended = exited.then(([code]): never => {
    throw new Error(`the joiner does not start: exit code ${code}`);
  });
  const [message] = await Promise.race([once(child, 'message'), ended]);
  // Later it ends because it is asked to.
  ended.catch(() => undefined);
  const { port } = listeningAt.parse(message);
  const url = `http://127.0.0.1:${port}`;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  return {
    child,
    startedAt,
    partitions: async () => (await fetchJson(`${url}/v1/partitions`, listed)).partitions,
    isReady: async () => {
      try {
        return (await fetchJson(`${url}/readyz`, z.object({ ready: z.boolean() }))).ready;
      } catch (error) {
        // 503 says that it is not.
        if (error instanceof ServiceError) return false;
        throw error;
      }
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
};

/** Looks again every 50 ms, which costs the joiner less than a hundredth of its time, until `look` finds something. @throws when the joiner has ended. */
export const untilFound = async <T>(joiner: JoinerProcess, look: () => Promise<T | undefined>): Promise<T> => {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (joiner.child.exitCode !== null) throw new Error(`the joiner has ended with exit code ${joiner.child.exitCode}`);
    await wait(50);
  }
};
