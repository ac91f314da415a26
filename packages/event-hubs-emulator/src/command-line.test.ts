import { expect, test } from 'vitest';
import { parseCommandLine } from './command-line.ts';

const files: Record<string, string> = {
  't.json': '{"hubs":{"bookings":{"partitions":4,"consumerGroups":["joiner"]}},"ports":{"event-hubs":5672}}',
  'broken.json': '{',
  'wrong.json': '{"hubs":{"bookings":{"partitions":"four"}}}',
};
const read = (path: string): string => {
  const found = files[path];
  if (found === undefined) throw new Error('no such file');
  return found;
};
const parse = (line: string) => parseCommandLine(line.split(' '), read);

test('hubs come from the topology and from flags together; the port is 5672 unless told', () => {
  expect(parse('--topology t.json --hub extra:2 --hub more:1 --data d')).toEqual({
    hubs: { bookings: { partitions: 4, consumerGroups: ['joiner'] }, extra: { partitions: 2 }, more: { partitions: 1 } },
    host: 'localhost',
    port: 5672,
    dataDirectory: 'd',
  });
});

test.for([
  ['--prot 1', '--prot'],
  ['--data d', '--hub or --topology'],
  ['--hub bookings --data d', '--hub bookings: expected <name>:<partitions>'],
  ['--hub bookings:4', '--data: expected the directory'],
  ['--hub bookings:4 --data d --port 99999', '--port 99999: expected a number from 0'],
  ['--hub bookings:4 --data d --port x', '--port x'],
  ['--topology none.json --data d', '--topology none.json: the file cannot be read'],
  ['--topology broken.json --data d', '--topology broken.json: the file is not JSON'],
  ['--topology wrong.json --data d', '--topology wrong.json: hubs.bookings.partitions'],
] as const)('%s is refused, naming the flag', ([line, message]) => {
  expect(() => parse(line)).toThrow(message);
});
