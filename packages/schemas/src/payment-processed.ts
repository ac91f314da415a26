import { z } from 'zod';
import { cloudEvent, extensions } from './cloud-event.ts';
import { dataschema, defineContract, firstVersion } from './contract.ts';
import type { Fault } from './contract.ts';
import { euros, legacyCurrency, legacyId, legacyInstant, legacySource, legacyTime, toCents } from './legacy.ts';
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

/** The legacy shop's document: no envelope, euros, and no refunds. It did not say why a payment failed, nor count attempts. */
const paymentProcessedV1 = z.object({
  payment_id: legacyId.describe('The payment'),
  order_id: legacyId.describe('The booking'),
  payment_time: legacyTime.describe('Event time; without an offset it is UTC'),
  amount: euros.describe('Euros, with up to two decimals'),
  payment_method: method.describe('How it was paid'),
  payment_status: z
    .enum(['Success', 'Failed', 'success', 'failed', 'SUCCESS', 'FAILED'])
    .describe('Success took the money, Failed did not'),
  ...extensions,
});

export const paymentProcessedV2 = cloudEvent(
  type,
  2,
  z.strictObject({
    kind: z
      .enum(['captured', 'declined', 'refunded'])
      .describe('`captured` took the money, `declined` did not, `refunded` gave `amountMinor` of it back'),
    attempt: z
      .int()
      .min(1)
      .max(1000)
      .describe('1 for the first try to pay this booking; a refund repeats the attempt that it gives back'),
    method: method.describe('How it was paid; case, white space and usual synonyms are forgiven'),
    declineReason: text.nullable().describe('Why it was declined; null unless it was'),
    amountMinor: minor.describe('In minor units of `currency`'),
    currency: currency.describe('ISO 4217 code'),
  }),
);

/** A payment attempt or a refund; its `id` is the payment's id, its `subject` the booking's. */
export type PaymentProcessed = z.infer<typeof paymentProcessedV2>;

const v1ToV2 = (v1: z.infer<typeof paymentProcessedV1>): PaymentProcessed => {
  const { payment_id, order_id, payment_time, amount, payment_method, payment_status, ...ours } = v1;
  const captured = payment_status.toLowerCase() === 'success';
  return {
    ...ours,
    specversion: '1.0',
    id: String(payment_id),
    source: legacySource,
    type,
    subject: String(order_id),
    time: legacyInstant(payment_time) ?? payment_time,
    dataschema: dataschema(type, 2),
    data: {
      kind: captured ? 'captured' : 'declined',
      attempt: 1,
      method: payment_method,
      declineReason: captured ? null : 'unknown',
      amountMinor: toCents(amount),
      currency: legacyCurrency,
    },
  };
};

const inconsistencies = ({ data: { kind, declineReason } }: PaymentProcessed): Fault[] => {
  if ((kind === 'declined') === (declineReason !== null)) return [];
  const message = kind === 'declined' ? 'a declined payment says why' : `there is none to a ${kind} payment`;
  return [{ pointer: '/data/declineReason', message }];
};

/** `payment.processed`: a payment for a booking was captured, declined or refunded. */
export const paymentProcessed = defineContract({
  type,
  summary: 'A payment was captured or declined, or money was refunded',
  versions: firstVersion(paymentProcessedV1, { sunset: '2027-12-31' }).next(paymentProcessedV2, v1ToV2, {
    renamed: {
      '/id': '/payment_id',
      '/subject': '/order_id',
      '/time': '/payment_time',
      '/data/amountMinor': '/amount',
      '/data/method': '/payment_method',
      '/data/kind': '/payment_status',
    },
  }),
  isFlat: (value) => 'payment_id' in value,
  inconsistencies,
});
