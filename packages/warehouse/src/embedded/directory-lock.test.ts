import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DirectoryOwnedError, lockDirectory } from './directory-lock.ts';

let directory: string;
let lockFile: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'warehouse-lock-'));
  lockFile = join(directory, 'owner.lock');
});
afterEach(() => rmSync(directory, { recursive: true }));

test('a directory has one owner at a time, and a second one is told which', () => {
  const lock = lockDirectory(directory);
  expect(() => lockDirectory(directory)).toThrow(new RegExp(`owned by the process with pid ${process.pid}`));
  lock[Symbol.dispose]();
  expect(existsSync(lockFile)).toBe(false);
  lockDirectory(directory)[Symbol.dispose]();
});

test('the lock of a living process is respected', () => {
  writeFileSync(lockFile, `${process.ppid}  some-token`);
  expect(() => lockDirectory(directory)).toThrow(DirectoryOwnedError);
});

test.for([
  ['a dead process', '2147483646 1 gone'],
  ['a process whose number another one has now', `${process.ppid} 1 reused`],
  ['this process in an earlier life', `${process.pid} 1 earlier`],
  ['nobody, for the writing of it was cut short', ''],
])('the lock of %s is taken over', ([, text]) => {
  writeFileSync(lockFile, text ?? '');
  lockDirectory(directory)[Symbol.dispose]();
});
