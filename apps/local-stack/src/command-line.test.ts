import { expect, test } from 'vitest';
import { UsageError, parseCommandLine } from './command-line.ts';

test('without arguments everything has its default', () => {
  expect(parseCommandLine([])).toMatchObject({
    once: false,
    bookings: 20_000,
    seed: 7,
    profile: 'everyday',
    packing: 1,
    joiners: 1,
    fresh: false,
    sabotage: undefined,
    ports: {},
  });
});

test('all that is asked is understood', () => {
  const args = [
    '--once',
    '--bookings',
    '5',
    '--seed',
    '9',
    '--profile',
    'all-faults',
    '--packing',
    '10',
    '--joiners',
    '3',
    '--fresh',
    '--sabotage',
    'cent',
    '--data',
    '/tmp/x y',
    '--port',
    'sql=9000',
    '--port',
    'joiner=9001',
  ];
  expect(parseCommandLine(args)).toEqual({
    once: true,
    bookings: 5,
    seed: 9,
    profile: 'all-faults',
    packing: 10,
    joiners: 3,
    fresh: true,
    sabotage: 'cent',
    data: '/tmp/x y',
    ports: { sql: 9000, joiner: 9001 },
  });
});

test('help is no run', () => {
  expect(parseCommandLine(['--help'])).toBeUndefined();
});

const parse = () => parseCommandLine(['--bookings', '-', '--seed', 'x', '--sabotage', 'fire', '--port', 'fax=1']);

test('every flag at fault is named', () => {
  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(
    /--bookings: expected a whole number[^]*--seed: [^]*--sabotage: expected drop, double or cent[^]*--port: expected <name>/,
  );
  expect(() => parseCommandLine(['--sabotage', 'drop'])).toThrow(/--sabotage: goes with --once only/);
  expect(() => parseCommandLine(['--bokings=3'])).toThrow(/--bokings/);
  for (const joiners of ['0', '9', '1.5'])
    expect(() => parseCommandLine(['--joiners', joiners])).toThrow(/--joiners: expected a whole number from 1 to 8/);
});
