import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

/** A process to keep running. */
export interface ServiceSpec {
  readonly name: string;
  /** The file that Node runs. */
  readonly entry: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A process that is kept running. */
export interface Supervised {
  readonly name: string;
  /** Of the process that runs now. */
  pid(): number | undefined;
  /** How often it has been started again. */
  restarts(): number;
  /** Resolves when the process that runs now says on its standard output that it listens. @throws when it ends before. */
  listening(): Promise<void>;
  /** SIGTERM, and SIGKILL after `graceMs`; resolves when it has ended. */
  stop(graceMs: number): Promise<void>;
}

/** What to tell of the processes. */
export interface Watch {
  /** A process has ended that was not asked to; it is started again after a pause. */
  died(name: string, how: string, logFile: string): void;
  /** A process has been started. */
  started(name: string, pid: number | undefined): void;
}

const restartAfterMs = 500;

/**
 * Starts a process and starts it again whenever it ends unasked. Its output goes to `<logs>/<name>.log`. It is in a process group
 * of its own, so that Ctrl-C reaches it only through us, in order; and it ends by itself when we are gone, for it has an IPC channel.
 */
export const supervise = ({ name, entry, args = [], env = {} }: ServiceSpec, logs: string, watch: Watch): Supervised => {
  mkdirSync(logs, { recursive: true });
  const logFile = path.join(logs, `${name}.log`);
  const stopping = new AbortController();
  let child: ChildProcess;
  let restarts = 0;
  let listening: Promise<void>;
  let ended: Promise<void>;

  const start = (): void => {
    const log = createWriteStream(logFile, { flags: 'a' });
    child = spawn(process.execPath, [entry, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    watch.started(name, child.pid);
    const announced = Promise.withResolvers<void>();
    // Nobody need be waiting for it.
    announced.promise.catch(() => undefined);
    listening = announced.promise;
    const last: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      if (stream)
        createInterface(stream).on('line', (line) => {
          log.write(`${line}\n`);
          last.push(line);
          if (last.length > 5) last.shift();
          if (line.startsWith('{"event":"listening"')) announced.resolve();
        });
    ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        announced.reject(new Error(`${name} ended (${signal ?? `exit code ${code}`}) before it listened:\n${last.join('\n')}`));
        resolve();
        if (stopping.signal.aborted) return;
        watch.died(name, signal ?? `exit code ${code}`, logFile);
        restarts++;
        void wait(restartAfterMs, undefined, { signal: stopping.signal }).then(start, () => undefined);
      });
    });
  };
  start();

  return {
    name,
    pid: () => child.pid,
    restarts: () => restarts,
    listening: () => listening,
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
