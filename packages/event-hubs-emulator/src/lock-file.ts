import { randomUUID } from 'node:crypto';
import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const held = new Set<string>();

/** Someone else has the data directory open. */
export class DirectoryInUse extends Error {
  constructor(directory: string, pid: number) {
    super(`the data directory ${directory} is in use by process ${pid}; stop it, or choose another directory`);
    this.name = 'DirectoryInUse';
  }
}

/** When a process began, in clock ticks since boot, where the system tells (Linux): a pid alone may have been given out again. */
async function startOf(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in parentheses, which may hold spaces; the start is the 22nd.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function holderOf(path: string, text: string): Promise<number | undefined> {
  const [pidText = '', start = ''] = text.trim().split(' ');
  const pid = Number(pidText);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (pid === process.pid) return held.has(path) ? pid : undefined;
  return isAlive(pid) && (start === '' || start === (await startOf(pid))) ? pid : undefined;
}

/**
 * Takes the data directory for this process, until the returned function is called. A lock left by a process that has died is taken
 * over. Throws {@link DirectoryInUse}.
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, 'lock');
  const mine = `${path}.${randomUUID()}`;
  const content = `${process.pid} ${await startOf(process.pid)}\n`;
  await writeFile(mine, content);
  try {
    for (;;) {
      try {
        // A hard link appears whole or not at all, so nobody reads a half-written lock.
        await link(mine, path);
        held.add(path);
        return async () => {
          held.delete(path);
          await unlink(path);
        };
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      }
      const found = await readFile(path, 'utf8').catch(() => undefined);
      if (found === undefined) continue;
      const pid = await holderOf(path, found);
      if (pid !== undefined) throw new DirectoryInUse(directory, pid);
      await removeStale(path, found);
    }
  } finally {
    await unlink(mine);
  }
}

/** Moves a stale lock away; if another process took the directory over in between, it gets its lock back. */
async function removeStale(path: string, stale: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside).catch(() => undefined);
  const moved = await readFile(aside, 'utf8').catch(() => undefined);
  if (moved !== undefined && moved !== stale) await link(aside, path).catch(() => undefined);
  await unlink(aside).catch(() => undefined);
}
