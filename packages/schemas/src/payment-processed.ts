import { z } from 'zod';
import { cloudEvent } from './cloud-event.ts';
import { defineContract } from './contract.ts';
import type { Fault } from './contract.ts';
import { currency, minor } from './money.ts';
import { named, text } from './text.ts';

const type = 'payment.processed';

const method = named(['card', 'paypal', 'apple-pay', 'google-pay', 'bank-transfer', 'voucher'], {
  'credit-card': 'card',
  'debit-card': 'card',
  creditcard: 'card',
  debitcard: 'card',
  visa: 'card',
  mastercard: 'card',
  'pay-pal': 'paypal',
  applepay: 'apple-pay',
  googlepay: 'google-pay',
  transfer: 'bank-transfer',
  sepa: 'bank-transfer',
  'gift-card': 'voucher',
});

export const paymentProcessedV2 = cloudEvent(
  type,
  2,
  z.strictObject({
    /** `captured` took the money, `declined` did not, `refunded` gave `amountMinor` of it back. */
    kind: z.enum(['captured', 'declined', 'refunded']),
    /** 1 for the first try to pay this booking; a refund repeats the attempt that it gives back. */
    attempt: z.int().min(1).max(1000),
    method,
    /** Why it was declined; null unless it was. */
    declineReason: text.nullable(),
    amountMinor: minor,
    currency,
  }),
);

/** A payment attempt or a refund; its `id` is the payment's id, its `subject` the booking's. */
export type PaymentProcessed = z.infer<typeof paymentProcessedV2>;

const inconsistencies = ({ data: { kind, declineReason } }: PaymentProcessed): Fault[] => {
  if ((kind === 'declined') === (declineReason !== null)) return [];
  const message = kind === 'declined' ? 'a declined payment says why' : `there is none to a ${kind} payment`;
  return [{ pointer: '/data/declineReason', message }];
};

/** `payment.processed`: a payment for a booking was captured, declined or refunded. */
export const paymentProcessed = defineContract({
  type,
  newest: 2,
  schema: paymentProcessedV2,
  older: {},
  inconsistencies,
});
