import type { Hubs } from '@boxoffice/hubs';
import { bookingPaymentJoined, eventQuarantined, joinProgress, readMessage } from '../packages/schemas/src/index.ts';
import { contentsOf } from './hub-contents.ts';

/** How many events of each kind the joiners have sent, repetitions left out: what is on the joined hub by kind, and `quarantined`. */
export const countSent = async (hubs: Hubs): Promise<Readonly<Record<string, number>>> => {
  const ids = new Map<string, Set<string>>();
  const add = (kind: string, id: string): void => {
    const known = ids.get(kind) ?? new Set();
    ids.set(kind, known.add(id));
  };
  for (const hub of ['joined', 'quarantine'])
    for await (const { body } of contentsOf(hubs, hub))
      for (const reading of readMessage(body, [bookingPaymentJoined, joinProgress, eventQuarantined])) {
        if (!reading.ok) throw new Error(`${hub} holds what cannot be read: ${reading.reason}`);
        const { event } = reading;
        if (event.type === 'booking-payment.joined') add(event.data.kind, event.id);
        if (event.type === 'event.quarantined') add('quarantined', event.id);
      }
  return Object.fromEntries([...ids].map(([kind, each]) => [kind, each.size]));
};
