/** No slot. */
export const NONE = -1;

/** The whole numbers of a record, by their place in it; times and sizes follow as doubles. */
export const NEXT_OF_KEY = 0;
export const PREVIOUS_OF_KEY = 1;
export const NEXT_CLOSING = 2;
export const HASH_OF_KEY = 3;
export const FLAGS = 4;
/** As a double: the event time, ms. */
export const AT = 3;
/** As a double: what the record, its texts and its payload take. */
export const BYTES = 4;

const INTS = 10;
/** Records to a page; a page is the most that growing has to allocate at once. */
const PAGE_BITS = 14;
const PAGE = 1 << PAGE_BITS;
const MASK = PAGE - 1;
const SMALLEST = 16;
const MOST = 2 ** 31 - 1;

/** What one record takes, with the references that lie beside it. */
export const RECORD_BYTES = INTS * 4 + 4 * 8;

/** Which page a slot lies in. */
export const pageOf = (slot: number): number => slot >>> PAGE_BITS;
/** Where in its page of whole numbers its record begins; the double fields begin at half of this. */
export const offsetOf = (slot: number): number => (slot & MASK) * INTS;
/** How many records come before it in its page. */
export const placeOf = (slot: number): number => slot & MASK;
/** Records to a page. */
export const RECORDS_OF_PAGE = PAGE;

/**
 * Fixed-size records in pages, handed out by number and taken back: 40 bytes instead of an object, nothing in
 * them for the garbage collector to look at, and growing never copies more than the first page.
 */
export interface Records {
  /** By page; a field of a slot is `ints[pageOf(slot)][offsetOf(slot) + FIELD]`. Calls in between cost more than the memory does. */
  readonly ints: readonly Int32Array[];
  /** The same memory as doubles: `doubles[pageOf(slot)][offsetOf(slot) / 2 + FIELD]`. */
  readonly doubles: readonly Float64Array[];
  /** A free slot, with whatever was in it before. @throws {RangeError} when there are nearly 2^31 records already. */
  take(): number;
  giveBack(slot: number): void;
}

/** No records. */
export const createRecords = (): Records => {
  const ints: Int32Array[] = [];
  const doubles: Float64Array[] = [];
  let capacity = 0;
  let used = 0;
  let free = NONE;

  const grow = (): void => {
    if (capacity >= MOST - PAGE) throw new RangeError(`interval join: holds ${used} events, expected fewer than 2^31`);
    const first = capacity < PAGE;
    const size = first ? Math.max(SMALLEST, 2 * capacity) : PAGE;
    const page = new Int32Array(size * INTS);
    if (first && ints[0]) page.set(ints[0]);
    const at = first ? 0 : ints.length;
    ints[at] = page;
    doubles[at] = new Float64Array(page.buffer);
    capacity = first ? size : capacity + PAGE;
  };

  return {
    ints,
    doubles,
    take() {
      if (free === NONE) {
        if (used === capacity) grow();
        return used++;
      }
      const slot = free;
      free = ints[pageOf(slot)]![offsetOf(slot) + NEXT_CLOSING]!;
      return slot;
    },
    giveBack(slot) {
      ints[pageOf(slot)]![offsetOf(slot) + NEXT_CLOSING] = free;
      free = slot;
    },
  };
};
