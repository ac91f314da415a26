import type { Send } from '@boxoffice/scenario';

/** What is to be sent together, and when there is more. */
export interface Chunk {
  readonly sends: readonly Send[];
  /** When the next send is due (ms); undefined when there is none. */
  readonly nextAt: number | undefined;
}

/**
 * Cuts a run's sends into chunks, each of what is due by an instant, in their order and at most `most`. What is not yet due is not
 * yet made: a hub that is away costs no memory, however long, and what it held up keeps its event time.
 */
export const cutIntoChunks = (all: Iterator<Send>, most: number): ((dueBy: number) => Chunk) => {
  let next = all.next();
  return (dueBy) => {
    const sends: Send[] = [];
    while (!next.done && next.value.at <= dueBy && sends.length < most) {
      sends.push(next.value);
      next = all.next();
    }
    return { sends, nextAt: next.done ? undefined : next.value.at };
  };
};
