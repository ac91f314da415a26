import type { HubMessage } from '@boxoffice/hubs';
import { paymentSends } from '@boxoffice/scenario';
import type { Send } from '@boxoffice/scenario';
import { bookingPlaced, readMessage, streamTick } from '@boxoffice/schemas';
import type { BookingsRead } from './payer.ts';

/** What an event of the bookings hub was to us; only a `booking` is paid. */
export type Outcome = 'booking' | 'tick' | 'unreadable' | 'ahead';

/**
 * What a message asks for. A booking further than `skewMs` ahead of the broker's clock is not paid: the joiner does not take it,
 * and waiting for its time could hold up the checkpoint for years.
 */
export const paymentsDue = (
  { body, sequenceNumber, enqueuedAt }: HubMessage,
  skewMs: number,
  count: (outcome: Outcome) => void,
): BookingsRead<Send> => {
  let bookedAt: number | undefined;
  const payments: { at: number; event: Send }[] = [];
  for (const reading of readMessage(body, [bookingPlaced, streamTick])) {
    if (!reading.ok) count('unreadable');
    else if (reading.event.type === 'stream.tick') count('tick');
    else if (reading.at > enqueuedAt + skewMs) count('ahead');
    else {
      count('booking');
      bookedAt = Math.max(bookedAt ?? -Infinity, reading.at);
      for (const event of paymentSends(reading.event)) payments.push({ at: event.at, event });
    }
  }
  return { sequenceNumber, bookedAt, payments };
};
