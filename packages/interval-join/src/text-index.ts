import { HASH_OF_KEY, NEXT_OF_KEY, NONE, offsetOf, pageOf, PREVIOUS_OF_KEY } from './records.ts';
import type { Records } from './records.ts';

/** Finds the records of one text, in two lanes that share nothing but the place where they are looked for; newest first. */
export interface TextIndex {
  add(slot: number, lane: number, hash: number, text: string): void;
  remove(slot: number, lane: number): void;
  /** The newest record of this text, or NONE; the next older ones are linked to it by `NEXT_OF_KEY`. */
  newest(lane: number, hash: number, text: string): number;
}

/** A table of cells: the hash of a text, or 0 for an empty one, and for each lane its newest slot + 1. */
interface Table {
  cells: Int32Array;
  mask: number;
  used: number;
  /** How many low bits of their hashes its texts have in common. */
  depth: number;
}

/** A hash and the newest slot of either lane. */
const WIDTH = 3;
const SMALLEST = 16;
/** A table with this many cells is split in two and not made larger: the most that one push has to move. */
const LARGEST = 4096;
const DEEPEST = 16;
/** Where the search for a hash begins in its table: by bits of their own, the low ones are alike. */
const home = (hash: number, mask: number): number => (hash >>> 16) & mask;
const isFull = ({ used, mask }: Table): boolean => used * 8 > mask * 7;

const tableOf = (size: number, depth: number): Table => ({
  cells: new Int32Array(size * WIDTH),
  mask: size - 1,
  used: 0,
  depth,
});

const move = (from: Int32Array, cell: number, to: Table): void => {
  let at = home(from[cell]!, to.mask);
  while (to.cells[at * WIDTH] !== 0) at = (at + 1) & to.mask;
  for (let i = 0; i < WIDTH; i++) to.cells[at * WIDTH + i] = from[cell + i]!;
  to.used++;
};

const enlarge = (table: Table): void => {
  const larger = tableOf(2 * (table.mask + 1), table.depth);
  for (let cell = 0; cell < table.cells.length; cell += WIDTH) if (table.cells[cell] !== 0) move(table.cells, cell, larger);
  table.cells = larger.cells;
  table.mask = larger.mask;
};

/** Empties a cell, and closes the gap that this leaves to those that had to give way to it. */
const clear = (table: Table, cell: number): void => {
  const { cells, mask } = table;
  let gap = cell / WIDTH;
  table.used--;
  for (let at = (gap + 1) & mask; cells[at * WIDTH] !== 0; at = (at + 1) & mask) {
    if (((at - home(cells[at * WIDTH]!, mask)) & mask) < ((at - gap) & mask)) continue;
    for (let i = 0; i < WIDTH; i++) cells[gap * WIDTH + i] = cells[at * WIDTH + i]!;
    gap = at;
  }
  for (let i = 0; i < WIDTH; i++) cells[gap * WIDTH + i] = 0;
};

/**
 * Extendible hashing (Fagin et al., 1979) over tables with linear probing: a directory, by the low bits of the hash, of tables that
 * are split when they are full, so no push waits for everything to be moved. The hash lies in the cell, so a text that is not
 * there is told by one look at one cache line, and leaving touches no neighbour.
 */
export const createTextIndex = ({ ints }: Records, textOf: (slot: number) => string): TextIndex => {
  let directory = [tableOf(SMALLEST, 0)];
  let bits = 0;

  /** The cell of this text, or of what comes to lie there. */
  const search = ({ cells, mask }: Table, hash: number, text: string): number => {
    let at = home(hash, mask);
    for (let found = cells[at * WIDTH]!; found !== 0; found = cells[at * WIDTH]!) {
      if (found === hash && textOf((cells[at * WIDTH + 1]! || cells[at * WIDTH + 2]!) - 1) === text) break;
      at = (at + 1) & mask;
    }
    return at * WIDTH;
  };

  const split = (table: Table, hash: number): void => {
    const { cells, mask, depth } = table;
    if (depth === bits) {
      directory = [...directory, ...directory];
      bits++;
    }
    const halves = [tableOf(mask + 1, depth + 1), tableOf(mask + 1, depth + 1)] as const;
    for (let cell = 0; cell < cells.length; cell += WIDTH)
      if (cells[cell] !== 0) move(cells, cell, cells[cell]! & (1 << depth) ? halves[1] : halves[0]);
    const step = 1 << depth;
    for (let i = hash & (step - 1); i < directory.length; i += step) directory[i] = i & step ? halves[1] : halves[0];
  };

  const tableFor = (hash: number): Table => directory[hash & ((1 << bits) - 1)]!;

  const withRoom = (hash: number): Table => {
    let table = tableFor(hash);
    while (isFull(table)) {
      if (table.mask + 1 < LARGEST || table.depth === DEEPEST) enlarge(table);
      else split(table, hash);
      table = tableFor(hash);
    }
    return table;
  };

  return {
    add(slot, lane, anyHash, text) {
      const hash = anyHash || 1;
      const table = withRoom(hash);
      const { cells } = table;
      const cell = search(table, hash, text);
      if (cells[cell] === 0) {
        cells[cell] = hash;
        table.used++;
      }
      const older = cells[cell + 1 + lane]! - 1;
      cells[cell + 1 + lane] = slot + 1;
      const page = ints[pageOf(slot)]!;
      const record = offsetOf(slot);
      page[record + HASH_OF_KEY] = hash;
      page[record + NEXT_OF_KEY] = older;
      page[record + PREVIOUS_OF_KEY] = NONE;
      if (older !== NONE) ints[pageOf(older)]![offsetOf(older) + PREVIOUS_OF_KEY] = slot;
    },
    remove(slot, lane) {
      const page = ints[pageOf(slot)]!;
      const record = offsetOf(slot);
      const newer = page[record + PREVIOUS_OF_KEY]!;
      const older = page[record + NEXT_OF_KEY]!;
      if (older !== NONE) ints[pageOf(older)]![offsetOf(older) + PREVIOUS_OF_KEY] = newer;
      if (newer !== NONE) {
        ints[pageOf(newer)]![offsetOf(newer) + NEXT_OF_KEY] = older;
        return;
      }
      const hash = page[record + HASH_OF_KEY]!;
      const table = tableFor(hash);
      const { cells, mask } = table;
      let at = home(hash, mask);
      while (cells[at * WIDTH + 1 + lane] !== slot + 1) at = (at + 1) & mask;
      cells[at * WIDTH + 1 + lane] = older + 1;
      if (cells[at * WIDTH + 1] === 0 && cells[at * WIDTH + 2] === 0) clear(table, at * WIDTH);
    },
    newest(lane, anyHash, text) {
      const hash = anyHash || 1;
      const table = tableFor(hash);
      return table.cells[search(table, hash, text) + 1 + lane]! - 1;
    },
  };
};
