import { Problem } from '@boxoffice/service-kit';
import { expect, test } from 'vitest';
import { coveredRange, rangeRules } from './range.ts';
import type { AskedRange } from './range.ts';

const now = Date.parse('2026-03-10T12:34:56.789Z');
const covered = (asked: AskedRange, rule: keyof typeof rangeRules) => {
  const { from, to } = coveredRange(asked, rangeRules[rule], now);
  return `${from ?? '*'} .. ${to ?? '*'}`;
};

const cases: { law: string; rule: keyof typeof rangeRules; given: AskedRange; then: string }[] = [
  { law: 'a run is covered whole', rule: 'hour', given: { run: 'r' }, then: '* .. *' },
  {
    law: 'hours: the 24 before the running one, and that',
    rule: 'hour',
    given: {},
    then: '2026-03-09T12:00:00.000Z .. 2026-03-10T12:34:56.789Z',
  },
  {
    law: 'days: the 30 before today, and today',
    rule: 'day',
    given: {},
    then: '2026-02-08T00:00:00.000Z .. 2026-03-10T12:34:56.789Z',
  },
  {
    law: 'an end on a boundary leaves whole units',
    rule: 'hour',
    given: { to: '2026-03-02T00:00:00.000Z' },
    then: '2026-03-01T00:00:00.000Z .. 2026-03-02T00:00:00.000Z',
  },
  {
    law: 'a start lasts to now, also in a run',
    rule: 'funnel',
    given: { from: '2026-03-01T00:00:00.000Z', run: 'r' },
    then: '2026-03-01T00:00:00.000Z .. 2026-03-10T12:34:56.789Z',
  },
  {
    law: 'the longest range may be asked',
    rule: 'hour',
    given: { from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' },
    then: '2026-01-01T00:00:00.000Z .. 2026-02-01T00:00:00.000Z',
  },
  {
    law: 'no default reaches before the year 1',
    rule: 'day',
    given: { to: '0001-01-02T00:00:00.000Z' },
    then: '0001-01-01T00:00:00.000Z .. 0001-01-02T00:00:00.000Z',
  },
];
test.for(cases)('$law', ({ rule, given, then }) => {
  expect(covered(given, rule)).toBe(then);
});

const refused: { law: string; given: AskedRange; path: string; message: string }[] = [
  {
    law: 'a millisecond more than the longest range is refused',
    given: { from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.001Z' },
    path: '/from',
    message: 'hour buckets cover at most 31 days; from 2026-01-01T00:00:00.000Z to 2026-02-01T00:00:00.001Z is longer',
  },
  {
    law: 'a start that is yet to come is refused',
    given: { from: '2026-03-10T12:34:56.789Z' },
    path: '/from',
    message: 'from 2026-03-10T12:34:56.789Z is not before to 2026-03-10T12:34:56.789Z (now)',
  },
  {
    law: 'where only the end was given the end is at fault',
    given: { to: '0001-01-01T00:00:00.000Z' },
    path: '/to',
    message: 'from 0001-01-01T00:00:00.000Z is not before to 0001-01-01T00:00:00.000Z',
  },
];
test.for(refused)('$law', ({ given, path, message }) => {
  const ask = () => covered(given, 'hour');
  expect(ask).toThrow(Problem);
  expect(ask).toThrow(expect.objectContaining({ status: 400, extensions: { errors: [{ in: 'querystring', path, message }] } }));
});
