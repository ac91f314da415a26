import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';

const entry = fileURLToPath(new URL('../apps/local-stack/src/main.ts', import.meta.url));

const described = z.record(z.string(), z.object({ pid: z.number(), port: z.number() }));

/** A process of the stack. */
interface Running {
  readonly pid: number;
  readonly port: number;
  readonly url: string;
}

/** A local stack, run as people run it, with a data folder of its own. */
export interface StackProcess extends AsyncDisposable {
  readonly data: string;
  /** What it has written so far. */
  stdout(): string;
  stderr(): string;
  /** Which process runs a service now, and where; undefined while none does. */
  find(name: string): Running | undefined;
  /** All processes that it has started and that run now. */
  pids(): number[];
  /** Resolves with the exit code when it has ended. */
  readonly exited: Promise<number | null>;
  hasExited(): boolean;
  signal(name: NodeJS.Signals): void;
}

/** Everything that the test made; removed when it is done. */
export const temporaryFolder = () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'box office '));
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
};

/** Whether there is a process with this number. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Which processes a stack on `data` runs now, by name; none while there is no stack. */
export const processesOf = (data: string): z.infer<typeof described> => {
  const file = path.join(data, 'stack.json');
  return existsSync(file) ? described.parse(JSON.parse(readFileSync(file, 'utf8'))) : {};
};

/** Starts the stack on `data` with further arguments and settings. */
export const startProcess = (data: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): StackProcess => {
  const child = spawn(process.execPath, [entry, '--data', data, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, BOX_OFFICE_PARENT_PID: '0', ...env },
  });
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      written[name] += chunk;
    });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    data,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    find(name) {
      const found = processesOf(data)[name];
      return found && { ...found, url: `http://127.0.0.1:${found.port}` };
    },
    pids: () => Object.values(processesOf(data)).map(({ pid }) => pid),
    exited,
    hasExited: () => child.exitCode !== null || child.signalCode !== null,
    signal: (name) => void child.kill(name),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await exited;
    },
  };
};

/** Looks again and again, every 20 ms, until `look` finds something; gives up with what the stack wrote when it has ended. */
export const eventually = async <T>(
  stack: StackProcess,
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> => {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (stack.hasExited()) throw new Error(`${what}: the stack has ended.\n${stack.stderr()}\n${stack.stdout()}`);
    await wait(20);
  }
};

/** The sum of a metric's samples whose labels hold all of `labels`; undefined when the service does not answer. */
export const metric = async (url: string, name: string, labels: readonly string[] = []): Promise<number | undefined> => {
  const text = await fetch(`${url}/metrics`).then(
    (response) => response.text(),
    () => undefined,
  );
  return text
    ?.split('\n')
    .filter((line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
};

/** The last line of standard output, which is the verdict. */
export const verdictOf = (stack: StackProcess) =>
  z
    .looseObject({
      ok: z.boolean(),
      runId: z.string(),
      bookings: z.number(),
      payments: z.number(),
      missing: z.number(),
      duplicates: z.number(),
      differences: z.array(z.string()),
    })
    .parse(JSON.parse(stack.stdout().trimEnd().split('\n').at(-1) ?? ''));
