import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Another process owns the directory; the message says which. */
export class DirectoryInUseError extends Error {
  override readonly name = 'DirectoryInUseError';
}

const held = new Set<string>();

const hasCode = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code;

/** When a process was started, so that another one with the same pid is told apart; `-` where the system does not say. */
const startOf = (pid: number): string => {
  try {
    // The command stands in parentheses and may hold blanks; the start time is the 22nd field of proc(5), the 20th after it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-';
  } catch {
    return '-';
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
};

const readLock = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
};

/** The pid of the living owner that a lock's text names; undefined when there is none. */
const ownerIn = (text: string): number | undefined => {
  const [pidText = '', start = '-', token = ''] = text.split(' ');
  const pid = Number(pidText);
  if (!Number.isSafeInteger(pid) || pid < 1) return undefined;
  if (pid === process.pid) return held.has(token) ? pid : undefined;
  if (!isAlive(pid)) return undefined;
  const now = startOf(pid);
  return start !== '-' && now !== '-' && start !== now ? undefined : pid;
};

/** Links the finished lock into place: it appears whole or not at all, so nobody takes a half-written one for nobody's. */
const tryTake = (draft: string, path: string): boolean => {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
};

/** Moves a dead owner's lock away. Somebody else may have done so and locked in between: then his lock is put back. */
const discard = (path: string, text: string): void => {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  if (readLock(aside) !== text) tryTake(aside, path);
  rmSync(aside, { force: true });
};

/**
 * Makes this process the one owner of a directory, which is made if it is not there, until the lock is disposed of or the
 * process dies; the lock of a dead process is taken over.
 * @throws {DirectoryInUseError} naming the living owner.
 */
export const lockDirectory = (directory: string): Disposable => {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'owner.lock');
  const token = randomUUID();
  const text = `${process.pid} ${startOf(process.pid)} ${token}`;
  const draft = `${path}.${token}`;
  writeFileSync(draft, text);
  try {
    while (!tryTake(draft, path)) {
      const found = readLock(path);
      if (found === undefined) continue;
      const pid = ownerIn(found);
      if (pid !== undefined)
        throw new DirectoryInUseError(`${directory} is in use by process ${pid}; stop it, or choose another directory`);
      discard(path, found);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  held.add(token);
  return {
    [Symbol.dispose]() {
      held.delete(token);
      if (readLock(path) === text) rmSync(path, { force: true });
    },
  };
};
