import { readFileSync } from 'node:fs';
import { envVariables } from '@boxoffice/service-kit';
import { expect, test } from 'vitest';
import { readConfig, settings } from './config.ts';

test('the table in the README is that of the settings', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const rows = envVariables(settings).map(
    (each) => `| \`${each.variable}\` | ${each.default === undefined ? '' : `\`${each.default}\``} | ${each.description} |`,
  );
  expect(readme).toContain(rows.join('\n'));
});

test('every setting that cannot be used is named at once', () => {
  expect(() => readConfig({ AFTER_MS: '-1', PACKING: 'many' })).toThrow(/AFTER_MS[^]*PACKING/);
  expect(() => readConfig({})).toThrow(/EVENT_HUBS_CONNECTION_STRING/);
});
