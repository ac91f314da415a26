import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Another process owns the directory. */
export class DirectoryOwnedError extends Error {
  override readonly name = 'DirectoryOwnedError';
}

const held = new Set<string>();

/** When a process was started, so that another one with the same pid is told apart; empty where the system does not say. */
const startOf = (pid: number): string => {
  try {
    // The command stands in parentheses and may hold blanks; the start time is the 22nd field of proc(5), the 20th after it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

const hasCode = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code;

const readLock = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
};

/** The pid of the living owner that a lock file's text names; undefined when there is none. */
const ownerIn = (text: string): number | undefined => {
  const [pidText = '', start = '', token = ''] = text.split(' ');
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid < 1) return undefined;
  if (pid === process.pid && start === '') return held.has(token) ? pid : undefined;
  if (!isAlive(pid)) return undefined;
  return start !== '' && startOf(pid) !== '' && start !== startOf(pid) ? undefined : pid;
};

const tryCreate = (path: string, text: string): boolean => {
  try {
    writeFileSync(path, text, { flag: 'wx' });
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
  if (readLock(aside) !== text) linkSync(aside, path);
  rmSync(aside, { force: true });
};

/**
 * Makes this process the one owner of a directory, until it disposes of the lock or dies; the lock of a dead process is taken over.
 * @throws DirectoryOwnedError that names the owner's pid.
 */
export const lockDirectory = (directory: string): Disposable => {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'owner.lock');
  const token = randomUUID();
  const text = `${process.pid} ${startOf(process.pid)} ${token}`;
  while (!tryCreate(path, text)) {
    const found = readLock(path);
    if (found === undefined) continue;
    const pid = ownerIn(found);
    if (pid !== undefined)
      throw new DirectoryOwnedError(
        `the warehouse in ${directory} is owned by the process with pid ${pid}: connect to that one, or stop it first`,
      );
    discard(path, found);
  }
  held.add(token);
  return {
    [Symbol.dispose]() {
      held.delete(token);
      if (readLock(path) === text) rmSync(path, { force: true });
    },
  };
};
