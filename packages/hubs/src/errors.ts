/** The hub refused, and trying again would not help: an unknown hub or group, a position that does not exist, a message too large. */
export class HubError extends Error {
  override readonly name: string = 'HubError';
}

/** Somebody else with an owner level as high reads this partition now. */
export class OwnershipLostError extends HubError {
  override readonly name = 'OwnershipLostError';
}

const property = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null && name in error
    ? Object.entries(error).find(([key]) => key === name)?.[1]
    : undefined;

/** An SDK's error, or where several attempts failed its AggregateError, whose own message is empty: the last attempt tells. */
export const lastCause = (error: unknown): unknown => (error instanceof AggregateError ? lastCause(error.errors.at(-1)) : error);

/** What the SDK makes of no error at all. */
const nothingSaid = [
  // A connection that breaks while a link is being opened (`translate` of @azure/core-amqp 4.5).
  'Unknown error encountered.',
  // One that is closed while it is being opened itself (`Connection.open` of rhea-promise 3.0).
  'Failed to connect',
];

/** Whether the error may pass: because the SDK says so, or because it is what a broker leaves that goes away without a word. */
export const isTransient = (error: unknown): boolean => {
  const cause = lastCause(error);
  return (
    property(cause, 'retryable') === true ||
    (cause instanceof Error && nothingSaid.some((words) => cause.message.startsWith(words)))
  );
};

/** What to throw for an SDK's error that will not pass. */
export const asHubError = (what: string, error: unknown): HubError => {
  const cause = lastCause(error);
  const message = `${what}: ${cause instanceof Error ? cause.message : String(cause)}`;
  return property(cause, 'code') === 'ReceiverDisconnectedError'
    ? new OwnershipLostError(message, { cause })
    : new HubError(message, { cause });
};
