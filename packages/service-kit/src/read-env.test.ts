import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { ConfigError } from './config-error.ts';
import { envVariables } from './env-variables.ts';
import { readEnv } from './read-env.ts';
import { serviceSettings } from './service-settings.ts';
import { choice, decimal, flag, integer, port, text, url } from './setting-fields.ts';

const faultsOf = (schema: z.ZodObject, env: Record<string, string | undefined>) => {
  try {
    readEnv(schema, env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the settings were accepted');
};

describe('the fields take exactly what they say', () => {
  const cases: [name: string, field: z.ZodType, accepted: [string, unknown][], refused: string[]][] = [
    [
      'integer',
      integer({ min: -1, max: 10 }),
      [
        ['-1', -1],
        ['10', 10],
        ['007', 7],
      ],
      ['', ' ', ' 1', '1.0', '1e1', '0x1', '11', '-2', 'NaN', '٣'],
    ],
    ['integer without bounds', integer(), [['9007199254740991', 9007199254740991]], ['9007199254740992', 'Infinity']],
    [
      'decimal',
      decimal({ min: 0 }),
      [
        ['0.25', 0.25],
        ['3', 3],
      ],
      ['', '.5', '1e3', '-0.1', '0,5'],
    ],
    [
      'port',
      port(),
      [
        ['0', 0],
        ['65535', 65535],
      ],
      ['65536', '-1', '80.5'],
    ],
    [
      'flag',
      flag(),
      [
        ['true', true],
        ['false', false],
      ],
      ['', '1', 'TRUE', 'yes'],
    ],
    ['choice', choice(['a', 'b']), [['a', 'a']], ['', 'A', 'c', 'toString']],
    [
      'text',
      text(),
      [
        ['x', 'x'],
        [' x ', 'x'],
      ],
      ['', ' '],
    ],
    ['url', url(['http', 'https']), [['https://a/b', 'https://a/b']], ['', 'a', 'ftp://a', 'http:a', 'https://']],
  ];
  test.for(cases)('%s', ([, field, accepted, refused]) => {
    for (const [raw, value] of accepted) expect(field.parse(raw), raw).toBe(value);
    for (const raw of refused) expect(field.safeParse(raw).success, JSON.stringify(raw)).toBe(false);
  });
});

describe('readEnv', () => {
  const schema = z
    .object({
      ...serviceSettings(7071),
      beforeMs: integer({ min: 0 }).default(1),
      afterMs: integer({ min: 0 }).default(2),
      hubKey: text(),
    })
    .refine(({ beforeMs, afterMs }) => beforeMs <= afterMs, { path: ['beforeMs'], message: 'no more than AFTER_MS' });

  test('a camel-case field is read from the screaming variable, and a missing one has its default', () => {
    expect(readEnv(schema, { BEFORE_MS: '2', HUB_KEY: 'k', UNRELATED: 'x' })).toEqual({
      host: '127.0.0.1',
      port: 7071,
      logLevel: 'info',
      beforeMs: 2,
      afterMs: 2,
      hubKey: 'k',
    });
  });

  test('an empty string is unset', () => {
    expect(readEnv(schema, { PORT: '', HUB_KEY: 'k' }).port).toBe(7071);
    expect(faultsOf(schema, { HUB_KEY: '' }).faults).toEqual([{ variable: 'HUB_KEY', expected: 'a text that is not empty' }]);
  });

  test('all faults come at once, rules over several fields included', () => {
    const error = faultsOf(schema, { PORT: 'abc', BEFORE_MS: '5', LOG_LEVEL: 'loud' });
    expect(error.faults.map(({ variable, value }) => [variable, value])).toEqual([
      ['PORT', 'abc'],
      ['LOG_LEVEL', 'loud'],
      ['HUB_KEY', undefined],
      ['BEFORE_MS', '5'],
    ]);
    expect(error.message).toBe(
      [
        '4 settings are not usable:',
        '  PORT: expected a port number from 0 to 65535 (0 takes any free one); found "abc"',
        '  LOG_LEVEL: expected one of silent, fatal, error, warn, info, debug, trace; found "loud"',
        '  HUB_KEY: expected a text that is not empty; it is not set',
        '  BEFORE_MS: expected no more than AFTER_MS; found "5"',
      ].join('\n'),
    );
  });

  test('a rule that reads a faulty field is not judged', () => {
    expect(faultsOf(schema, { HUB_KEY: 'k', BEFORE_MS: '5', AFTER_MS: '-1' }).faults.map(({ variable }) => variable)).toEqual([
      'AFTER_MS',
    ]);
    const careless = z
      .object({ a: integer(), b: integer() })
      .refine(({ a }) => a.toFixed() !== '1', { path: ['a'], message: 'anything but 1' })
      .refine((all) => Object.values(all).length === 0, { path: ['b'], message: 'nothing' });
    expect(faultsOf(careless, { A: 'x', B: '1' }).faults.map(({ variable }) => variable)).toEqual(['A']);
  });

  test('a rule that names no field is reported under the variables of the schema', () => {
    const either = z
      .object({ aUrl: text().optional(), bUrl: text().optional() })
      .refine((c) => c.aUrl ?? c.bUrl, 'one of the two');
    expect(faultsOf(either, {}).message).toContain('A_URL, B_URL: expected one of the two; what is set (not shown) is not that');
  });

  test('messages of plain zod fields are turned into expectations', () => {
    const plain = z.object({ name: z.string(), kind: z.enum(['x', 'y']), size: z.string().min(3) });
    expect(faultsOf(plain, { KIND: 'z', SIZE: 'a' }).faults.map(({ expected }) => expected)).toEqual([
      'string',
      'one of "x"|"y"',
      'string to have >=3 characters',
    ]);
  });

  test.for(['HUB_KEY', 'SQL_PASSWORD', 'EVENT_HUBS_CONNECTION_STRING', 'API_TOKEN', 'CLIENT_SECRET'])(
    'the value of %s is never shown',
    (variable) => {
      const key = variable.toLowerCase().replaceAll(/_(.)/g, (_all, letter: string) => letter.toUpperCase());
      const error = faultsOf(z.object({ [key]: integer() }), { [variable]: 'hunter2' });
      expect(error.faults).toEqual([{ variable, hidden: true, expected: 'a whole number' }]);
      expect(error.message).not.toContain('hunter2');
    },
  );

  test('the password of a URL is not shown either', () => {
    const error = faultsOf(z.object({ warehouse: url(['postgres']) }), { WAREHOUSE: 'mysql://me:hunter2@host/db' });
    expect(error.faults[0]?.value).toBe('mysql://me:[redacted]@host/db');
  });
});

test('envVariables says of each field what a README needs, however it was wrapped', () => {
  const schema = z.object({
    idleAfterMs: integer().default(60_000).meta({ description: 'outer' }),
    offset: integer().meta({ description: 'inner' }).default(0),
    live: flag().default(false),
    name: text().describe('needed'),
    extra: text().optional(),
    upper: z
      .string()
      .default('eur')
      .transform((raw) => raw.toUpperCase()),
  });
  expect(envVariables(schema)).toEqual([
    { variable: 'IDLE_AFTER_MS', default: '60000', description: 'outer', required: false },
    { variable: 'OFFSET', default: '0', description: 'inner', required: false },
    { variable: 'LIVE', default: 'false', description: '', required: false },
    { variable: 'NAME', description: 'needed', required: true },
    { variable: 'EXTRA', description: '', required: false },
    { variable: 'UPPER', default: 'eur', description: '', required: false },
  ]);
});

test('a service listens on loopback and logs at info unless told otherwise', () => {
  const variables = envVariables(z.object(serviceSettings(7074)));
  expect(variables.map((each) => [each.variable, each.default])).toEqual([
    ['HOST', '127.0.0.1'],
    ['PORT', '7074'],
    ['LOG_LEVEL', 'info'],
  ]);
  expect(variables.every(({ description }) => description !== '')).toBe(true);
});
