import { readFile } from 'node:fs/promises';
import { ConfigError, envVariables } from '@boxoffice/service-kit';
import { expect, test } from 'vitest';
import { settings, readConfig } from './config.ts';

test('nothing has to be set', () => {
  expect(readConfig({})).toEqual({
    host: '127.0.0.1',
    port: 8080,
    logLevel: 'info',
    warehouseUrl: 'postgres://postgres@127.0.0.1:5433/postgres',
  });
});

const readBadly = () => readConfig({ PORT: 'http', LOG_LEVEL: 'loud', WAREHOUSE_URL: 'nowhere' });

test('all bad settings are named at once', () => {
  expect(readBadly).toThrow(ConfigError);
  expect(readBadly).toThrow(/PORT[^]*LOG_LEVEL[^]*WAREHOUSE_URL/);
});

test('the table of the README lists every variable with its default and meaning', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const rows = readme.split('\n').filter((line) => /^\| `[A-Z_]+` \|/.test(line));
  expect(rows).toEqual(
    envVariables(settings).map((each) => `| \`${each.variable}\` | \`${each.default}\` | ${each.description} |`),
  );
});
