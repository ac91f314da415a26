import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { isFree } from './ports.ts';

/** A process to keep running. */
export interface ServiceSpec {
  readonly name: string;
  /** The file that Node runs. */
  readonly entry: string;
  readonly port: number;
  /** Whether it may have no other port than that. */
  readonly fixed: boolean;
  /** Flags of Node itself. */
  readonly nodeArgs?: readonly string[];
  /** How it is told its port; 0 is any. */
  readonly args?: (port: number) => readonly string[];
  readonly env?: (port: number) => Readonly<Record<string, string>>;
}

/** A process that is kept running. */
export interface Supervised {
  readonly name: string;
  /** Of the process that runs now. */
  pid(): number | undefined;
  /** Where it listens, or will. */
  port(): number;
  /** How often it died and was started again. */
  restarts(): number;
  /** Resolves when it first listens. @throws {Error} with its last words when it has died three times before. */
  readonly listening: Promise<void>;
  /** SIGTERM, and SIGKILL after `graceMs`; resolves when it has ended. */
  stop(graceMs: number): Promise<void>;
}

/** What to tell of the processes. */
export interface Watch {
  /** A process has ended that was not asked to; it is started again after a pause. */
  died(name: string, how: string, logFile: string): void;
  /** A process has been started, or listens now. */
  changed(): void;
}

const restartAfterMs = 500;

/** Node keeps what it has compiled here, so that a second start takes a tenth less. */
const compileCache = fileURLToPath(new URL('../../../node_modules/.cache/node', import.meta.url));

const announcement = z.object({ event: z.literal('listening'), port: z.int().min(1) });

const announced = (line: string): unknown => (line.startsWith('{"event":"listening"') ? JSON.parse(line) : undefined);

/**
 * Starts a process and starts it again whenever it ends unasked. That it listens it says in a line of its standard output or over
 * its IPC channel. A port that somebody else has taken, if only between our looking and its listening, moves, unless it is
 * fixed; once it has listened it keeps its port. Its output goes to `<logs>/<name>.log`. It is in a process group of its own, so that
 * Ctrl-C reaches it only through us, in order; and it ends by itself when we are gone, for its IPC channel breaks.
 */
export const supervise = (spec: ServiceSpec, logs: string, watch: Watch): Supervised => {
  const { name, entry, fixed, nodeArgs = [], args = () => [], env = () => ({}) } = spec;
  mkdirSync(logs, { recursive: true });
  const logFile = path.join(logs, `${name}.log`);
  const stopping = new AbortController();
  const listening = Promise.withResolvers<void>();
  // Nobody need be waiting for it.
  listening.promise.catch(() => undefined);
  let { port } = spec;
  let hasListened = false;
  let child: ChildProcess;
  let restarts = 0;
  let ended: Promise<void>;

  const onAnnouncement = (message: unknown): void => {
    const { success, data } = announcement.safeParse(message);
    if (!success) return;
    ({ port } = data);
    hasListened = true;
    watch.changed();
    listening.resolve();
  };

  const onExit = async (how: string, lastWords: readonly string[]): Promise<void> => {
    if (stopping.signal.aborted) return;
    if (!hasListened && !fixed && port !== 0 && !(await isFree(port))) {
      port = 0;
      start();
      return;
    }
    watch.died(name, how, logFile);
    restarts++;
    if (restarts >= 3)
      listening.reject(new Error(`${name} does not start (${how}); its log is ${logFile}\n${lastWords.join('\n')}`));
    await wait(restartAfterMs, undefined, { signal: stopping.signal }).then(start, () => undefined);
  };

  const start = (): void => {
    if (stopping.signal.aborted) return;
    const log = createWriteStream(logFile, { flags: 'a' });
    child = spawn(process.execPath, [...nodeArgs, entry, ...args(port)], {
      env: { NODE_COMPILE_CACHE: compileCache, ...process.env, ...env(port) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    watch.changed();
    const lastWords: string[] = [];
    child.on('message', onAnnouncement);
    for (const stream of [child.stdout, child.stderr])
      if (stream)
        createInterface(stream).on('line', (line) => {
          log.write(`${line}\n`);
          lastWords.push(line);
          if (lastWords.length > 5) lastWords.shift();
          onAnnouncement(announced(line));
        });
    ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        resolve();
        void onExit(signal ?? `exit code ${code}`, lastWords);
      });
    });
  };
  start();

  return {
    name,
    pid: () => child.pid,
    port: () => port,
    restarts: () => restarts,
    listening: listening.promise,
    async stop(graceMs) {
      stopping.abort();
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(killer);
    },
  };
};
