import { expect, test } from 'vitest';
import { z } from 'zod';

import { errorChain } from './error-chain.ts';
import { createLogger } from './logger.ts';
import type { LogLevel } from './logger.ts';

const logTo = (level: LogLevel = 'info') => {
  const lines: string[] = [];
  return { lines, log: createLogger('joiner', level, { write: (line) => lines.push(line) }) };
};

test('a line is one JSON object with level, ISO time, service, fields and sentence', () => {
  const { lines, log } = logTo();
  log.warn({ bookingId: 'b1' }, 'payment arrived late');
  const line = z.record(z.string(), z.unknown()).parse(JSON.parse(lines.join('')));
  expect(line).toEqual({
    level: 'warn',
    time: expect.any(String),
    service: 'joiner',
    bookingId: 'b1',
    msg: 'payment arrived late',
  });
  expect(new Date(String(line['time'])).toISOString()).toBe(line['time']);
});

test('what is below the level is not written', () => {
  const { lines, log } = logTo('warn');
  log.info('quiet');
  expect(lines).toEqual([]);
});

const secrets: [name: string, write: (log: ReturnType<typeof logTo>['log']) => void][] = [
  ['a connection string in a field', (log) => log.info({ connectionString: 'Endpoint=sb://h/;hunter2' }, 'x')],
  ['one deep inside a field', (log) => log.info({ a: { b: [{ sqlPassword: 'a"hunter2' }] } }, 'x')],
  [
    'the key of a connection string anywhere',
    (log) => log.info({ where: 'Endpoint=sb://h/;SharedAccessKeyName=r;SharedAccessKey=hunter2=' }, 'x'),
  ],
  ['one quoted by an error', (log) => log.error({ err: new Error('cannot reach Server=h;Password=hunter2;') }, 'x')],
  ['the password of a URL', (log) => log.info({ url: 'postgres://me:hunter2@h/db' }, 'x')],
  ['an authorization header', (log) => log.info({ headers: { authorization: 'Basic hunter2hunter2' } }, 'x')],
  ['a bearer token in a sentence', (log) => log.info('sent Bearer hunter2hunter2')],
  ['one bound to a child', (log) => log.child({ apiKey: 'hunter2' }).info('x')],
];
test.for(secrets)('%s does not reach the log', ([, write]) => {
  const { lines, log } = logTo();
  write(log);
  expect(lines.join('')).not.toContain('hunter2');
  expect(() => lines.map((line): unknown => JSON.parse(line))).not.toThrow();
});

test('what one searches a log for is left alone', () => {
  const { lines, log } = logTo();
  log.info({ partitionKey: 'b-17', url: 'http://127.0.0.1:7071/v1/runs', bookingId: 'b:1@x' }, 'key b-17');
  expect(lines.join('')).not.toContain('redacted');
});

test('a chain names causes, members and both halves of a failed disposal, and ends where it began', () => {
  const cause = new Error('no route');
  const members = new AggregateError([new RangeError('first'), new RangeError('second')], 'both', { cause });
  cause.cause = members;
  expect(errorChain(new SuppressedError(new TypeError('closing'), members, 'suppressed'))).toEqual([
    'SuppressedError: suppressed',
    'TypeError: closing',
    'AggregateError: both',
    'RangeError: first',
    'RangeError: second',
    'Error: no route',
  ]);
});
