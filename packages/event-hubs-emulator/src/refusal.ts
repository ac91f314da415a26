/** Why the server refuses a link, a request or a batch: an AMQP error condition, and a sentence for people. */
export interface Refusal {
  readonly condition: string;
  readonly description: string;
}

/**
 * The sentences follow the service's own where an SDK looks at them: `The messaging entity '…' could not be found` is what makes
 * the JavaScript SDK's MessagingEntityNotFoundError, which is not retried.
 */
export const refusals = {
  entityNotFound: (address: string): Refusal => ({
    condition: 'amqp:not-found',
    description: `The messaging entity '${address}' could not be found.`,
  }),
  unknownPartition: (partition: string, hub: string, count: number): Refusal => ({
    condition: 'com.microsoft:argument-out-of-range',
    description: `The specified partition '${partition}' is invalid for event hub '${hub}'. It should be between 0 and ${count - 1}.`,
  }),
  unauthorized: (address: string, reason: string): Refusal => ({
    condition: 'amqp:unauthorized-access',
    description: `Unauthorized access to '${address}': ${reason}.`,
  }),
  producerStolen: (producer: number, epoch: number, current: number): Refusal => ({
    condition: 'com.microsoft:producer-epoch-stolen',
    description: `Producer '${producer}' with epoch of '${epoch}' is shut out by one with epoch of '${current}'.`,
  }),
  outOfSequence: (producer: number, first: number, last: number): Refusal => ({
    condition: 'com.microsoft:out-of-order-sequence',
    description: `Producer '${producer}' sent events from number '${first}' on; its last was '${last}'.`,
  }),
  badSelector: (selector: string): Refusal => ({
    condition: 'com.microsoft:argument-error',
    description: `The selector ${JSON.stringify(selector)} is invalid: an offset, sequence number or enqueued time was expected.`,
  }),
  badPosition: (description: string): Refusal => ({ condition: 'com.microsoft:argument-error', description }),
  malformed: (description: string): Refusal => ({ condition: 'amqp:decode-error', description }),
  tooLarge: (deliveryId: number, bytes: number, limit: number): Refusal => ({
    condition: 'amqp:link:message-size-exceeded',
    description: `The received message (delivery-id:${deliveryId}, size:${bytes} bytes) exceeds the limit (${limit} bytes) currently allowed on the link.`,
  }),
  cannotStore: (reason: string): Refusal => ({
    condition: 'com.microsoft:server-busy',
    description: `The events could not be stored: ${reason}. Nothing of the batch was kept; send it again later.`,
  }),
  timeout: (seconds: number): Refusal => ({
    condition: 'com.microsoft:timeout',
    description: `The disk has not answered in ${seconds} s. Nothing of the batch was kept; send it again later.`,
  }),
  cancelled: (): Refusal => ({
    condition: 'com.microsoft:operation-cancelled',
    description: 'The server is stopping. Nothing of the batch was kept; send it again.',
  }),
  beyondCredit: (): Refusal => ({
    condition: 'amqp:link:transfer-limit-exceeded',
    description: 'More messages came than the link had credit for; attach again.',
  }),
  cannotRead: (reason: string): Refusal => ({ condition: 'amqp:internal-error', description: reason }),
  exhausted: (): Refusal => ({
    condition: 'amqp:link:detach-forced',
    description: 'The session has used up its delivery ids; attach again.',
  }),
  stopping: (): Refusal => ({ condition: 'amqp:connection:forced', description: 'The server is stopping.' }),
} as const;
