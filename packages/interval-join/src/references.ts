import { pageOf, RECORDS_OF_PAGE } from './records.ts';

/** What of an event is not a number, by page and by place in it; of `left` and `right` one is unused: that spares an object. */
interface Page<L, R> {
  readonly keys: string[];
  readonly ids: string[];
  readonly lefts: (L | undefined)[];
  readonly rights: (R | undefined)[];
}

/** References of the records of as many slots, which are first used in order. */
export interface References<L, R> {
  readonly pages: readonly Page<L, R>[];
  /** Makes sure that the page of this slot is there. */
  reserve(slot: number): void;
}

const full = <T>(nothing: T): T[] => Array.from<T>({ length: RECORDS_OF_PAGE }).fill(nothing);

/** All but the first page are made at full size: an array that is filled one by one is copied each time it grows. */
export const createReferences = <L, R>(): References<L, R> => {
  const pages: Page<L, R>[] = [{ keys: [], ids: [], lefts: [], rights: [] }];
  return {
    pages,
    reserve(slot) {
      if (pageOf(slot) < pages.length) return;
      pages.push({
        keys: full(''),
        ids: full(''),
        lefts: full<L | undefined>(undefined),
        rights: full<R | undefined>(undefined),
      });
    },
  };
};
