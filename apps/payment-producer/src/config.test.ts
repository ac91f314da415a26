import { readFile } from 'node:fs/promises';
import { envVariables } from '@boxoffice/service-kit';
import { expect, test } from 'vitest';
import { readConfig, settings } from './config.ts';

test('the table in the README is that of the settings', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const rows = envVariables(settings).map(
    (each) => `| \`${each.variable}\` | ${each.default === undefined ? '' : `\`${each.default}\``} | ${each.description} |`,
  );
  expect(readme).toContain(rows.join('\n'));
});

test('a setting that cannot be used is refused with its name, all at once', () => {
  expect(() => readConfig({ PORT: 'abc', DRAIN_MS: '-1' })).toThrow(/PORT[^]*DRAIN_MS|DRAIN_MS[^]*PORT/);
});

test('without a broker to reach there is no start', () => {
  expect(() => readConfig({})).toThrow(/EVENT_HUBS_CONNECTION_STRING/);
});
