import type { Publication } from './publication.ts';
import { refusals, type Refusal } from './refusal.ts';

/** How far a producer has got: the number of its last event, -1 before the first. */
export interface ProducerState {
  readonly epoch: number;
  readonly last: number;
}

/** What happens to a numbered batch: it is stored, it was stored before, or it must not be. */
type Verdict = 'new' | 'duplicate' | Refusal;

// A producer that has not sent for so many others is forgotten.
const MOST_PRODUCERS = 10_000;
const NUMBERS = 2 ** 31;

/** The producers of one partition that number their events. */
export interface Producers {
  judge(publication: Publication): Verdict;
  /** Remembers a batch that is stored; the returned function forgets it again, when it was not. */
  stored(publication: Publication): () => void;
  /** Lets a producer of this epoch begin, and those of lower epochs no more; the refusal when a higher one has begun. */
  begin(producer: number, epoch: number): ProducerState | Refusal;
  find(producer: number): ProducerState | undefined;
  entries(): [producer: number, state: ProducerState][];
}

const lastOf = ({ first, count }: Publication): number => (first + count - 1) % NUMBERS;

/** How far `number` lies ahead of `last`; zero or less when it was used already. Numbers wrap, so half the circle is the past. */
function ahead(number: number, last: number): number {
  const distance = (number - last + NUMBERS) % NUMBERS;
  return distance < NUMBERS / 2 ? distance : distance - NUMBERS;
}

/** What is known of a partition's producers, to begin with that of an earlier process. */
export function createProducers(initial: Iterable<readonly [number, ProducerState]> = []): Producers {
  const states = new Map(initial);
  const set = (producer: number, state: ProducerState): void => {
    // The map's order is that of the last use.
    states.delete(producer);
    states.set(producer, state);
    if (states.size <= MOST_PRODUCERS) return;
    for (const oldest of states.keys()) {
      states.delete(oldest);
      break;
    }
  };
  return {
    judge(publication) {
      const { producer, epoch, first } = publication;
      const state = states.get(producer);
      if (state === undefined || epoch > state.epoch) return 'new';
      if (epoch < state.epoch) return refusals.producerStolen(producer, epoch, state.epoch);
      if (state.last === -1) return 'new';
      if (ahead(lastOf(publication), state.last) <= 0) return 'duplicate';
      return ahead(first, state.last) === 1 ? 'new' : refusals.outOfSequence(producer, first, state.last);
    },
    stored(publication) {
      const { producer, epoch } = publication;
      const before = states.get(producer);
      set(producer, { epoch, last: lastOf(publication) });
      return () => {
        if (states.get(producer)?.epoch !== epoch) return;
        if (before === undefined) states.delete(producer);
        else set(producer, before);
      };
    },
    begin(producer, epoch) {
      const state = states.get(producer);
      if (state !== undefined && epoch < state.epoch) return refusals.producerStolen(producer, epoch, state.epoch);
      if (state?.epoch === epoch) return state;
      const fresh = { epoch, last: -1 };
      set(producer, fresh);
      return fresh;
    },
    find: (producer) => states.get(producer),
    entries: () => [...states],
  };
}
