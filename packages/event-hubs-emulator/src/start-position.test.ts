import { expect, test } from 'vitest';
import { parseStartPosition, type StartPosition } from './start-position.ts';

test.for<[string | undefined, StartPosition | undefined]>([
  [undefined, { from: 'earliest' }],
  [`amqp.annotation.x-opt-offset > '-1'`, { from: 'earliest' }],
  [`amqp.annotation.x-opt-sequence-number > '-1'`, { from: 'earliest' }],
  [`amqp.annotation.x-opt-offset > '@latest'`, { from: 'latest' }],
  [`amqp.annotation.x-opt-offset >= '123'`, { from: 'offset', value: 123, inclusive: true }],
  [`amqp.annotation.x-opt-offset > '123'`, { from: 'offset', value: 123, inclusive: false }],
  [`amqp.annotation.x-opt-sequence-number >= '5'`, { from: 'sequence-number', value: 5, inclusive: true }],
  [`amqp.annotation.x-opt-sequence-number>'5'`, { from: 'sequence-number', value: 5, inclusive: false }],
  [`amqp.annotation.x-opt-enqueued-time > '1700000000000'`, { from: 'enqueued-time', enqueuedAfter: 1_700_000_000_000 }],
  [`amqp.annotation.x-opt-offset < '5'`, undefined],
  [`amqp.annotation.x-opt-offset > 'abc'`, undefined],
  [`amqp.annotation.x-opt-offset > ''`, undefined],
  [`amqp.annotation.x-opt-colour > '5'`, undefined],
])('%s', ([selector, position]) => {
  expect(parseStartPosition(selector)).toEqual(position);
});
