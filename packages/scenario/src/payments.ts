import { createHash } from 'node:crypto';
import { partitionForKey } from '@boxoffice/partition-key';
import type { BookingPlaced, PaymentProcessed } from '@boxoffice/schemas';
import { fateOf } from './fates.ts';
import type { Fate } from './fates.ts';
import { isoOf } from './instants.ts';
import { payingOf } from './paying.ts';
import type { Paying } from './paying.ts';
import { hash32, mix32, random, whole } from './random.ts';
import type { Send } from './sends.ts';
import { spoilEvent } from './spoil.ts';
import { extensionsOf, paymentAsWritten } from './written.ts';
import { worldOf } from './world.ts';
import type { World } from './world.ts';

/** Ids are 1 to 128 characters, and a booking from elsewhere may use them all. */
const stem = (bookingId: string): string =>
  bookingId.length <= 120 ? bookingId : createHash('sha256').update(bookingId).digest('hex');

/** The id of a booking's n-th attempt to pay (from 1). */
export const attemptId = (bookingId: string, attempt: number): string => `${stem(bookingId)}-p${attempt}`;
/** The id of a booking's refund. */
export const refundId = (bookingId: string): string => `${stem(bookingId)}-r1`;
/** Every usual number of partitions divides it. */
const partitionCounts = 96;

/**
 * The booking that never comes, whose payment comes beside this one: in the same partition, for in another, in which a backfill
 * has come less far, it would make late whatever follows.
 */
const ghostId = (bookingId: string): string => {
  const partition = partitionForKey(bookingId, partitionCounts);
  for (let n = 0; ; n++) {
    const id = `${stem(bookingId)}-g${n}`;
    if (partitionForKey(id, partitionCounts) === partition) return id;
  }
};

type Told = Pick<PaymentProcessed['data'], 'kind' | 'attempt' | 'declineReason' | 'amountMinor'>;

/** As much of a booking as is in its payments. */
type Paid = Pick<BookingPlaced, 'subject' | 'time' | 'traceparent' | 'runid' | 'scenario'> & {
  readonly data: Pick<BookingPlaced['data'], 'currency'>;
};

/** A payment of a booking, `delayMs` after it. */
export const paymentEvent = (
  booking: Paid,
  { method }: Pick<Paying, 'method'>,
  id: string,
  delayMs: number,
  told: Told,
): PaymentProcessed => ({
  specversion: '1.0',
  id,
  source: 'boxoffice/payment-producer',
  type: 'payment.processed',
  subject: booking.subject,
  time: isoOf(Date.parse(booking.time) + delayMs),
  datacontenttype: 'application/json',
  dataschema: 'urn:boxoffice:payment.processed:2',
  ...extensionsOf(booking),
  data: { ...told, method, currency: booking.data.currency },
});

const paymentsIn = (booking: BookingPlaced, world: World): PaymentProcessed[] => {
  const paying = payingOf(booking, world);
  const { subject } = booking;
  const { totalMinor } = booking.data;
  const { declines, captures, refund } = paying;
  const events = declines.map(({ delayMs, reason }, index) => {
    const told = { kind: 'declined', attempt: index + 1, declineReason: reason, amountMinor: totalMinor } as const;
    return paymentEvent(booking, paying, attemptId(subject, index + 1), delayMs, told);
  });
  for (const [index, delayMs] of captures.entries()) {
    const attempt = declines.length + index + 1;
    const captured = { kind: 'captured', attempt, declineReason: null, amountMinor: totalMinor } as const;
    events.push(paymentEvent(booking, paying, attemptId(subject, attempt), delayMs, captured));
  }
  if (refund === null) return events;
  const refunded = {
    kind: 'refunded',
    attempt: declines.length + captures.length,
    declineReason: null,
    amountMinor: refund.amountMinor,
  } as const;
  events.push(paymentEvent(booking, paying, refundId(subject), refund.delayMs, refunded));
  return events;
};

/**
 * The payments of a booking, in event-time order; none for one that is abandoned, or whose scenario is `none`. They follow from
 * the booking alone, wherever it comes from, and lie within `lastPaymentDelayMs` after it.
 */
export const paymentsFor = (booking: BookingPlaced): PaymentProcessed[] => {
  const world = worldOf(booking);
  return world === undefined ? [] : paymentsIn(booking, world);
};

/** The payment of a booking that never comes, drawn from one that did; undefined for most. */
export const orphanBeside = (booking: BookingPlaced, world: World): PaymentProcessed | undefined => {
  const draw = random(mix32(hash32(`${world.seed}:orphan`), hash32(booking.subject)));
  if (draw() >= world.orphans) return undefined;
  const ghost = { ...booking, subject: ghostId(booking.subject) };
  const told = { kind: 'captured', attempt: 1, declineReason: null, amountMinor: booking.data.totalMinor } as const;
  return paymentEvent(ghost, { method: 'card' }, attemptId(ghost.subject, 1), whole(draw, 1000, 600_000), told);
};

/** What happens to a payment on its way. */
export const fateOfPayment = (paymentId: string, { seed, profile }: World): Fate => fateOf(seed, paymentId, profile.faults);

const contradict = (data: object): object => ({
  ...data,
  declineReason: 'declineReason' in data && data.declineReason === null ? 'none' : null,
});

/** How a payment leaves: when its fate has it, and again where it has it so. */
const sendsOf = (booking: BookingPlaced, event: PaymentProcessed, world: World): Send[] => {
  const { spoil, heldUpMs, repeatAfterMs } = fateOfPayment(event.id, world);
  const content = spoil ? spoilEvent(event, spoil, contradict) : paymentAsWritten(booking, event);
  const once = { at: Date.parse(event.time) + heldUpMs, key: event.subject, content, repeat: false };
  return repeatAfterMs === undefined ? [once] : [once, { ...once, at: once.at + repeatAfterMs, repeat: true }];
};

/** What is published for a booking, repetitions included, in the order in which it leaves. */
export const paymentSends = (booking: BookingPlaced): Send[] => {
  const world = worldOf(booking);
  if (world === undefined) return [];
  const sends = paymentsIn(booking, world).flatMap((event) => sendsOf(booking, event, world));
  const orphan = orphanBeside(booking, world);
  if (orphan) sends.push({ at: Date.parse(orphan.time), key: orphan.subject, content: orphan, repeat: false });
  return sends.length > 1 ? sends.toSorted((a, b) => a.at - b.at) : sends;
};
