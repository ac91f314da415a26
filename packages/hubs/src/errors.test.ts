import { expect, test } from 'vitest';
import { HubError, OwnershipLostError, asHubError, isTransient } from './errors.ts';

const messagingError = (code: string, retryable: boolean) => Object.assign(new Error(`it is ${code}`), { code, retryable });

test('what the SDK calls retryable is transient, and so is what it knows nothing of', () => {
  expect(isTransient(messagingError('ServerBusyError', true))).toBe(true);
  expect(isTransient(new Error('Unknown error encountered.: Unknown error encountered.'))).toBe(true);
  expect(isTransient(new Error('Failed to connect'))).toBe(true);
  expect(isTransient(messagingError('MessagingEntityNotFoundError', false))).toBe(false);
  expect(isTransient(new TypeError('no such option'))).toBe(false);
});

test('of several attempts the last one tells', () => {
  const attempts = new AggregateError([messagingError('ServerBusyError', true), messagingError('ArgumentError', false)]);
  expect(isTransient(attempts)).toBe(false);
  expect(asHubError('read x/0', attempts).message).toBe('read x/0: it is ArgumentError');
});

test('a reader that another one has displaced is told apart', () => {
  expect(asHubError('read x/0', messagingError('ReceiverDisconnectedError', false))).toBeInstanceOf(OwnershipLostError);
  expect(asHubError('read x/0', messagingError('ArgumentError', false))).not.toBeInstanceOf(OwnershipLostError);
  expect(asHubError('read x/0', 'odd')).toBeInstanceOf(HubError);
});
