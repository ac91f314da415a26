import { createReferences } from './references.ts';
import { AT, BYTES, createRecords, FLAGS, HASH_OF_KEY, NEXT_OF_KEY, NONE } from './records.ts';
import { offsetOf, pageOf, placeOf, RECORD_BYTES } from './records.ts';
import { createTextHash } from './text-hash.ts';
import { createTextIndex } from './text-index.ts';
import type { LeftEvent, RightEvent, Sameness } from './join-event.ts';
import type { Records } from './records.ts';

/** What the flags of a held event say. */
export const RIGHT = 1;
export const MATCHED = 2;
export const PASSES = 4;

/** What V8 puts around the characters of a text, of one byte each: 12 bytes, and padding to the next 8. */
const STRING_BYTES = 16;
/** Cells of 12 bytes in tables that are two thirds full. */
const CELL_BYTES = 18;
const OVERHEAD = RECORD_BYTES + CELL_BYTES + 2 * STRING_BYTES;

/** The events in state, by slot: found by key from both sides. */
export interface HeldEvents<L, R> {
  readonly records: Records;
  /** Whether a copy is in state. */
  has(event: LeftEvent<L> | RightEvent<R>): boolean;
  /** Puts it into state. Only after `has` has denied it. */
  add(event: LeftEvent<L> | RightEvent<R>): number;
  remove(slot: number): void;
  /** The newest event of the key of the one in `slot` on the other side, or NONE. */
  opposite(slot: number): number;
  /** The one of the same key and side that came before, or NONE. */
  before(slot: number): number;
  flags(slot: number): number;
  setMatched(slot: number): void;
  at(slot: number): number;
  left(slot: number): L;
  right(slot: number): R;
  /** An estimate, in bytes. */
  bytes(): number;
}

/** Nothing in state. */
export const createHeldEvents = <L, R>(same: Sameness<L, R>): HeldEvents<L, R> => {
  const records = createRecords();
  const { ints, doubles } = records;
  const { pages, reserve } = createReferences<L, R>();
  const hash = createTextHash();
  const keyOf = (slot: number): string => pages[pageOf(slot)]!.keys[placeOf(slot)]!;
  const idOf = (slot: number): string => pages[pageOf(slot)]!.ids[placeOf(slot)]!;
  // Both sides of a key lie in one cell. A copy has the key of its first, so it is found there as well, and ids need no index.
  const byKey = createTextIndex(records, keyOf);
  let bytes = 0;
  // What `has` found out, for `add`.
  let hashOfKey = 0;

  const flags = (slot: number): number => ints[pageOf(slot)]![offsetOf(slot) + FLAGS]!;
  const at = (slot: number): number => doubles[pageOf(slot)]![offsetOf(slot) / 2 + AT]!;
  // A slot that is asked for its value holds one of that side.
  const left = (slot: number): L => pages[pageOf(slot)]!.lefts[placeOf(slot)]!;
  const right = (slot: number): R => pages[pageOf(slot)]!.rights[placeOf(slot)]!;

  const sameContent = (slot: number, event: LeftEvent<L> | RightEvent<R>): boolean => {
    if (event.side === 'left') return same.left?.(left(slot), event.value) ?? true;
    return same.right?.(right(slot), event.value) ?? true;
  };

  return {
    records,
    has(event) {
      hashOfKey = hash(event.key);
      let slot = byKey.newest(event.side === 'left' ? 0 : 1, hashOfKey, event.key);
      while (slot !== NONE && (at(slot) !== event.at || idOf(slot) !== event.id || !sameContent(slot, event)))
        slot = ints[pageOf(slot)]![offsetOf(slot) + NEXT_OF_KEY]!;
      return slot !== NONE;
    },
    add(event) {
      const slot = records.take();
      const { key, id } = event;
      const isLeft = event.side === 'left';
      const passes = !isLeft && event.passes === true;
      const size = (event.bytes ?? 0) + OVERHEAD + key.length + id.length;
      bytes += size;
      const record = offsetOf(slot);
      ints[pageOf(slot)]![record + FLAGS] = isLeft ? 0 : passes ? RIGHT | PASSES : RIGHT;
      const numbers = doubles[pageOf(slot)]!;
      numbers[record / 2 + AT] = event.at;
      numbers[record / 2 + BYTES] = size;
      reserve(slot);
      const { keys, ids, lefts, rights } = pages[pageOf(slot)]!;
      const place = placeOf(slot);
      keys[place] = key;
      ids[place] = id;
      lefts[place] = isLeft ? event.value : undefined;
      rights[place] = isLeft ? undefined : event.value;
      byKey.add(slot, isLeft ? 0 : 1, hashOfKey, key);
      return slot;
    },
    remove(slot) {
      const record = offsetOf(slot);
      const flag = ints[pageOf(slot)]![record + FLAGS]!;
      bytes -= doubles[pageOf(slot)]![record / 2 + BYTES]!;
      byKey.remove(slot, flag & RIGHT);
      const { keys, ids, lefts, rights } = pages[pageOf(slot)]!;
      const place = placeOf(slot);
      keys[place] = '';
      ids[place] = '';
      if ((flag & RIGHT) === 0) lefts[place] = undefined;
      else rights[place] = undefined;
      records.giveBack(slot);
    },
    opposite(slot) {
      const page = ints[pageOf(slot)]!;
      const record = offsetOf(slot);
      return byKey.newest(1 - (page[record + FLAGS]! & RIGHT), page[record + HASH_OF_KEY]!, keyOf(slot));
    },
    before: (slot) => ints[pageOf(slot)]![offsetOf(slot) + NEXT_OF_KEY]!,
    flags,
    setMatched(slot) {
      ints[pageOf(slot)]![offsetOf(slot) + FLAGS]! |= MATCHED;
    },
    at,
    left,
    right,
    bytes: () => bytes,
  };
};
