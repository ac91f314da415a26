import { setTimeout as wait } from 'node:timers/promises';
import { oneOf, random, whole } from '../packages/scenario/src/random.ts';

/** What happened to a process. */
export interface Disturbance {
  readonly name: string;
  /** Killed with -9, or stopped and resumed: a zombie that does not know that its time is over. */
  readonly how: 'killed' | 'stood still';
}

/** Which processes are disturbed, and how. */
export interface ChaosOptions {
  readonly names: readonly [string, ...string[]];
  /** The process that runs under a name now; undefined between two. */
  readonly pidOf: (name: string) => number | undefined;
  readonly seed: number;
  /** For how long a process stands still, ms: from this up to half as much again. */
  readonly standsStillMs: number;
  /** Called before each disturbance. */
  readonly onLook: () => Promise<void>;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const send = (pid: number, signal: NodeJS.Signals): boolean => {
  try {
    return process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
    return false;
  }
};

/**
 * Every two to four seconds kills one of the processes or makes it stand still, until the signal aborts; then all go on again. One
 * that stands still is left alone, but another may be disturbed meanwhile. Which, and how, follows from the seed.
 */
export const disturb = async (options: ChaosOptions): Promise<readonly Disturbance[]> => {
  const { names, pidOf, seed, standsStillMs, onLook, signal } = options;
  const draw = random(seed);
  const done: Disturbance[] = [];
  const standing = new Map<string, { readonly pid: number; readonly timer: NodeJS.Timeout }>();
  const resume = (name: string): void => {
    const found = standing.get(name);
    if (!found) return;
    clearTimeout(found.timer);
    standing.delete(name);
    send(found.pid, 'SIGCONT');
  };
  const resumeAll = (): void => names.forEach(resume);
  // One that stands still does not notice that we are gone.
  process.once('exit', resumeAll);
  try {
    while (!signal.aborted) {
      await wait(whole(draw, 2000, 4000), undefined, { signal }).catch(() => undefined);
      await onLook();
      const name = oneOf(draw, names);
      const how = draw() < 0.5 ? 'killed' : 'stood still';
      const forMs = whole(draw, standsStillMs, 1.5 * standsStillMs);
      const pid = pidOf(name);
      if (signal.aborted || pid === undefined || standing.has(name)) continue;
      if (!send(pid, how === 'killed' ? 'SIGKILL' : 'SIGSTOP')) continue;
      done.push({ name, how });
      if (how === 'stood still') standing.set(name, { pid, timer: setTimeout(resume, forMs, name) });
    }
  } finally {
    resumeAll();
    process.off('exit', resumeAll);
  }
  return done;
};
