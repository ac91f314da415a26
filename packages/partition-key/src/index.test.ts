import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { partitionForKey } from './index.ts';

type Mapper = { mapPartitionKeyToId: (key: string, partitionCount: number) => number };

const require = createRequire(import.meta.url);
const sdk = dirname(require.resolve('@azure/event-hubs/package.json'));
const sdkCopy = join(sdk, 'dist', 'esm', 'impl', 'partitionKeyToIdMapper.js');
const { mapPartitionKeyToId }: Mapper = await import(pathToFileURL(sdkCopy).href);

// A fixed linear congruential generator: the same keys in every run.
let state = 20_261_122;
const below = (limit: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
};
const alphabets = ['abcdefghijklmnopqrstuvwxyz0123456789-', 'äöüßéñ€漢字かなхорошо', '\u{1F39F}\u{1F3AB}x\u0000\uD800'];
const randomKey = (): string => {
  const letters = Array.from(alphabets[below(alphabets.length)]!);
  return Array.from({ length: below(60) }, () => letters[below(letters.length)]!).join('');
};

const partitionCounts = [1, 2, 3, 4, 8, 17, 32, 100, 1024];

test('10,000 random keys go where the SDK sends them, for every partition count', () => {
  for (let i = 0; i < 10_000; i++) {
    const key = randomKey();
    for (const count of partitionCounts) {
      if (partitionForKey(key, count) !== mapPartitionKeyToId(key, count)) expect.fail(`${JSON.stringify(key)} of ${count}`);
    }
  }
});

test('every length up to three blocks goes where the SDK sends it', () => {
  const keys = Array.from({ length: 40 }, (_, length) => 'k'.repeat(length));
  expect(keys.map((key) => partitionForKey(key, 32))).toEqual(keys.map((key) => mapPartitionKeyToId(key, 32)));
});

test('a key longer than the scratch area goes where the SDK sends it, and leaves no trace for the next', () => {
  const long = '票'.repeat(5_000);
  expect(partitionForKey(long, 32)).toBe(mapPartitionKeyToId(long, 32));
  expect(partitionForKey('a', 32)).toBe(mapPartitionKeyToId('a', 32));
});
