import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DirectoryInUse, lockDirectory } from './lock-file.ts';
import { temporaryDirectory } from './sdk-fixture.ts';

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid!;
}

test('a locked directory is refused until it is given free, and nothing stays behind', async () => {
  await using directory = await temporaryDirectory();
  const release = await lockDirectory(directory.path);
  await expect(lockDirectory(directory.path)).rejects.toThrow(DirectoryInUse);
  await release();
  await (
    await lockDirectory(directory.path)
  )();
  expect(await readdir(directory.path)).toEqual([]);
});

test('the lock of a process that has died is taken over, also by one with its pid', async () => {
  await using directory = await temporaryDirectory();
  for (const content of [`${await deadPid()} 12345\n`, `${process.pid} 12345\n`, 'torn']) {
    await writeFile(join(directory.path, 'lock'), content);
    await (
      await lockDirectory(directory.path)
    )();
  }
});

test('the lock of a live process counts, unless that process began later than the lock says', async () => {
  await using directory = await temporaryDirectory();
  await writeFile(join(directory.path, 'lock'), `${process.ppid} \n`);
  await expect(lockDirectory(directory.path)).rejects.toThrow(`in use by process ${process.ppid}`);
});

test('of many that try at once one gets the directory', async () => {
  await using directory = await temporaryDirectory();
  await writeFile(join(directory.path, 'lock'), `${await deadPid()} \n`);
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => lockDirectory(directory.path)));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});
