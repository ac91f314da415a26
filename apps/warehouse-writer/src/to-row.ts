import type { HubMessage } from '@boxoffice/hubs';
import { bookingPaymentJoined, eventQuarantined, joinProgress, quarantinedEvent, readMessage } from '@boxoffice/schemas';
import type { BookingPaymentJoined, EventQuarantined, JoinProgress, Origin, QuarantineReason } from '@boxoffice/schemas';
import type { LoadBatch, Stream } from '@boxoffice/warehouse';

/** One event of a hub as the warehouse takes it, with its place. */
export interface Entry {
  readonly origin: Origin;
  readonly content:
    | { readonly as: 'joined'; readonly event: BookingPaymentJoined }
    | { readonly as: 'progress'; readonly event: JoinProgress }
    | { readonly as: 'quarantined'; readonly event: EventQuarantined };
}

/** Reads a message of the joined or the quarantine hub. What cannot be read there becomes an entry of the quarantine itself. */
export const toEntries = (stream: Stream, message: HubMessage): Entry[] => {
  const { hub, partition, sequenceNumber } = message;
  const enqueuedAt = new Date(message.enqueuedAt).toISOString();
  const place = (index: number): Origin => ({ hub, partition, sequenceNumber, index, enqueuedAt });
  const unreadable = (
    index: number,
    failure: { readonly reason: QuarantineReason; readonly detail: string; readonly bytes: Uint8Array },
  ): Entry => ({ origin: place(index), content: { as: 'quarantined', event: quarantinedEvent(place(index), failure) } });

  if (stream === 'quarantine')
    return readMessage<[EventQuarantined]>(message.body, [eventQuarantined]).map((reading) =>
      reading.ok
        ? { origin: place(reading.index), content: { as: 'quarantined', event: reading.event } }
        : unreadable(reading.index, reading),
    );
  return readMessage<[BookingPaymentJoined, JoinProgress]>(message.body, [bookingPaymentJoined, joinProgress]).map((reading) => {
    if (!reading.ok) return unreadable(reading.index, reading);
    const { event, index } = reading;
    return event.type === 'join.progress'
      ? { origin: place(index), content: { as: 'progress', event } }
      : { origin: place(index), content: { as: 'joined', event } };
  });
};

/** An entry that the database refuses, as an entry of the quarantine with the database's reason. */
export const toRefused = ({ origin, content }: Entry, detail: string): Entry => ({
  origin,
  content: {
    as: 'quarantined',
    event: quarantinedEvent(origin, { reason: 'invalid', detail, bytes: Buffer.from(JSON.stringify(content.event)) }),
  },
});

/** What of a batch the warehouse loads. */
export const toRows = (entries: readonly Entry[]): Pick<LoadBatch, 'joined' | 'progress' | 'quarantined'> => {
  const joined: BookingPaymentJoined[] = [];
  const progress: JoinProgress[] = [];
  const quarantined: EventQuarantined[] = [];
  for (const { content } of entries)
    switch (content.as) {
      case 'joined':
        joined.push(content.event);
        break;
      case 'progress':
        progress.push(content.event);
        break;
      case 'quarantined':
        quarantined.push(content.event);
        break;
      default:
        content satisfies never;
    }
  return { joined, progress, quarantined };
};
