import type { PaymentProcessed } from '@boxoffice/schemas';
import { offers } from './catalogue.ts';
import { eventTimes } from './event-times.ts';
import { isoOf } from './instants.ts';
import { attemptId, paymentEvent } from './payments.ts';
import { hash32, mix32, oneOf, random, whole } from './random.ts';
import { bookingId, extentOf, runId } from './run-spec.ts';
import type { OrphanSpec } from './run-spec.ts';
import type { Send } from './sends.ts';

/** The payments of a run of bookings that never come, in event-time order, in constant memory. */
export function* orphans(spec: OrphanSpec): Generator<PaymentProcessed> {
  const run = runId(spec);
  const seed = hash32(`orphans:${spec.seed}`);
  const { bookings: count } = extentOf(spec);
  const timeOf = eventTimes({ ...spec, profile: 'calm' });
  for (let index = 0; index < count; index++) {
    const draw = random(mix32(seed, index));
    const at = timeOf((index + draw()) / count);
    const { currency, sections } = oneOf(draw, offers);
    const [, priceMinor] = sections[0] ?? ['', 1000];
    const subject = bookingId(run, index);
    const ghost = { subject, time: isoOf(at), runid: run, scenario: `orphans:${spec.seed}`, data: { currency } };
    const amountMinor = priceMinor * whole(draw, 1, 8);
    const told = { kind: 'captured', attempt: 1, declineReason: null, amountMinor } as const;
    yield paymentEvent(ghost, { method: 'card' }, attemptId(subject, 1), 0, told);
  }
}

/** All that such a run publishes, in order. */
export function* orphanSends(spec: OrphanSpec): Generator<Send> {
  for (const event of orphans(spec)) yield { at: Date.parse(event.time), key: event.subject, content: event, repeat: false };
}
