import type { BookingPlaced } from '@boxoffice/schemas';
import type { Send } from '@boxoffice/scenario';

/** What is to be sent together, and when there is more. */
export interface Chunk {
  readonly events: readonly BookingPlaced[];
  /** When the next send is due (ms); undefined when there is none. */
  readonly nextAt: number | undefined;
}

/**
 * Cuts a run's sends into chunks, each of what is due by an instant, in their order and at most `most`. What is not yet due is not
 * yet made: a hub that is away costs no memory, however long, and what it held up keeps its event time.
 */
export const cutIntoChunks = (sends: Iterator<Send<BookingPlaced>>, most: number): ((dueBy: number) => Chunk) => {
  let next = sends.next();
  return (dueBy) => {
    const events: BookingPlaced[] = [];
    while (!next.done && next.value.at <= dueBy && events.length < most) {
      events.push(next.value.event);
      next = sends.next();
    }
    return { events, nextAt: next.done ? undefined : next.value.at };
  };
};
