import { expect, test } from 'vitest';
import { inWords, money } from './money.ts';

test.for([
  [0, 'EUR', '0.00'],
  [5, 'EUR', '0.05'],
  [1234, 'EUR', '12.34'],
  [-5, 'EUR', '-0.05'],
  [-123_456, 'EUR', '-1234.56'],
  [Number.MAX_SAFE_INTEGER, 'EUR', '90071992547409.91'],
  [0, 'JPY', '0'],
  [1234, 'JPY', '1234'],
  [-7, 'JPY', '-7'],
  [1, 'KWD', '0.001'],
  [12_345, 'KWD', '12.345'],
  [1234, 'XXX', null],
] as const)('%i minor units of %s are %s', ([minor, currency, decimal]) => {
  expect(money(minor, currency)).toEqual({ minor, decimal });
});

test('an amount in words names its currency, and its unit where the decimals are not known', () => {
  expect([inWords(1234, 'EUR'), inWords(1234, 'XXX')]).toEqual(['12.34 EUR', '1234 minor units of XXX']);
});
