import { expect, test } from 'vitest';
import { parseCommandLine } from './command-line.ts';

const files: Record<string, string> = {
  't.json': '{"hubs":{"bookings":{"partitions":4,"consumerGroups":["joiner"]}},"ports":{"event-hubs":5672}}',
  'microsoft.json': JSON.stringify({
    UserConfig: {
      NamespaceConfig: [
        {
          Type: 'EventHub',
          Name: 'emulatorNs1',
          Entities: [
            { Name: 'eh1', PartitionCount: '2', ConsumerGroups: [{ Name: 'cg1' }] },
            { Name: 'eh2', PartitionCount: 3 },
          ],
        },
      ],
      LoggingConfig: { Type: 'File' },
    },
  }),
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

test("the configuration file of Microsoft's emulator is understood", () => {
  expect(parse('--config microsoft.json --data d').hubs).toEqual({
    eh1: { partitions: 2, consumerGroups: ['cg1'] },
    eh2: { partitions: 3, consumerGroups: [] },
  });
});

test('keys, retention, fsync and the HTTP port are taken from flags, and from the environment where no flag says otherwise', () => {
  const env = {
    EVENT_HUBS_EMULATOR_HUB: 'a:1,b:2',
    EVENT_HUBS_EMULATOR_DATA: 'elsewhere',
    EVENT_HUBS_EMULATOR_PORT: '1',
    EVENT_HUBS_EMULATOR_FSYNC: 'never',
    EVENT_HUBS_EMULATOR_RETENTION_HOURS: '0.5',
    EVENT_HUBS_EMULATOR_RETENTION_BYTES: '1e9',
  };
  expect(parseCommandLine('--data d --key root=a=b --key other=c --http-port 0 --port 2'.split(' '), read, env)).toEqual({
    hubs: { a: { partitions: 1 }, b: { partitions: 2 } },
    host: 'localhost',
    port: 2,
    httpPort: 0,
    dataDirectory: 'd',
    keys: { root: 'a=b', other: 'c' },
    fsync: 'never',
    retentionMs: 1_800_000,
    retentionBytes: 1_000_000_000,
  });
});

test.for([
  ['--prot 1', '--prot'],
  ['--data d', '--hub or --topology'],
  ['--hub bookings --data d', '--hub bookings: expected <name>:<partitions>'],
  ['--hub bookings:4', '--data: expected the directory'],
  ['--hub bookings:4 --data d --port 99999', '--port 99999: expected a number from 0'],
  ['--hub bookings:4 --data d --port x', '--port x'],
  ['--hub a:1 --data d --fsync often', '--fsync often: expected always, interval or never'],
  ['--hub a:1 --data d --retention-hours 0', '--retention-hours 0: expected a number above 0'],
  ['--hub a:1 --data d --key secret', '--key: expected <name>=<secret>'],
  ['--config t.json --data d', '--config t.json: UserConfig'],
  ['--topology none.json --data d', '--topology none.json: the file cannot be read'],
  ['--topology broken.json --data d', '--topology broken.json: the file is not JSON'],
  ['--topology wrong.json --data d', '--topology wrong.json: hubs.bookings.partitions'],
] as const)('%s is refused, naming the flag', ([line, message]) => {
  expect(() => parse(line)).toThrow(message);
});
