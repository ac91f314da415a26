import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DirectoryInUseError, lockDirectory } from './index.ts';

let directory: string;
let lockFile: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lock-'));
  lockFile = join(directory, 'owner.lock');
});
afterEach(() => rmSync(directory, { recursive: true }));

test('a directory has one owner at a time, a second one is told which, and nothing is left behind', () => {
  const lock = lockDirectory(directory);
  expect(() => lockDirectory(directory)).toThrow(`${directory} is in use by process ${process.pid}`);
  lock[Symbol.dispose]();
  expect(readdirSync(directory)).toEqual([]);
  lockDirectory(directory)[Symbol.dispose]();
});

test('the lock of a living process is respected', () => {
  writeFileSync(lockFile, `${process.ppid} - some-token`);
  expect(() => lockDirectory(directory)).toThrow(DirectoryInUseError);
});

test.for([
  ['a dead process', '2147483646 1 gone'],
  ['a process whose number another one has now', `${process.ppid} 1 reused`],
  ['this process in an earlier life', `${process.pid} 1 earlier`],
  ['nobody', ''],
])('the lock of %s is taken over', ([, text]) => {
  writeFileSync(lockFile, text ?? '');
  lockDirectory(directory)[Symbol.dispose]();
});
