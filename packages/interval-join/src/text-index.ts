import { NONE, offsetOf, pageOf } from './records.ts';
import type { Records } from './records.ts';

/** Where in a record an index keeps what it has to remember of it. */
export interface IndexFields {
  readonly next: number;
  readonly previous: number;
  readonly hash: number;
}

/** Finds the records of one text, in lanes that share nothing but the place where they are looked for; newest first. */
export interface TextIndex {
  add(slot: number, lane: number, hash: number, text: string): void;
  remove(slot: number, lane: number): void;
  /** The newest record of this text, or NONE; the next older ones are linked to it by `next`. */
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

const SMALLEST = 16;
/** A table with this many cells is split in two and not made larger: the most that one push has to move. */
const LARGEST = 4096;
const DEEPEST = 16;
/** Where the search for a hash begins in its table: by bits of their own, the low ones are alike. */
const home = (hash: number, mask: number): number => (hash >>> 16) & mask;
const isFull = ({ used, mask }: Table): boolean => used * 8 > mask * 7;

/**
 * Extendible hashing (Fagin et al., 1979) over tables with linear probing: a directory, by the low bits of the hash, of tables that
 * are split when they are full, so no push waits for everything to be moved. The hash lies in the cell, so a text that is not
 * there is told by one look at one cache line, and leaving touches no neighbour.
 */
export const createTextIndex = (
  { ints }: Records,
  textOf: (slot: number) => string,
  { next, previous, hash: hashAt }: IndexFields,
  lanes: 1 | 2,
): TextIndex => {
  const width = 1 + lanes;
  const tableOf = (size: number, depth: number): Table => ({
    cells: new Int32Array(size * width),
    mask: size - 1,
    used: 0,
    depth,
  });
  let directory = [tableOf(SMALLEST, 0)];
  let bits = 0;

  /** The cell of this text, or of what comes to lie there. */
  const search = ({ cells, mask }: Table, hash: number, text: string): number => {
    let at = home(hash, mask);
    for (let found = cells[at * width]!; found !== 0; found = cells[at * width]!) {
      if (found === hash && textOf((cells[at * width + 1]! || cells[at * width + lanes]!) - 1) === text) break;
      at = (at + 1) & mask;
    }
    return at * width;
  };

  const move = (from: Int32Array, cell: number, to: Table): void => {
    let at = home(from[cell]!, to.mask);
    while (to.cells[at * width] !== 0) at = (at + 1) & to.mask;
    for (let i = 0; i < width; i++) to.cells[at * width + i] = from[cell + i]!;
    to.used++;
  };

  const enlarge = (table: Table): void => {
    const larger = tableOf(2 * (table.mask + 1), table.depth);
    for (let cell = 0; cell < table.cells.length; cell += width) if (table.cells[cell] !== 0) move(table.cells, cell, larger);
    table.cells = larger.cells;
    table.mask = larger.mask;
  };

  const split = (table: Table, hash: number): void => {
    const { cells, mask, depth } = table;
    if (depth === bits) {
      directory = [...directory, ...directory];
      bits++;
    }
    const halves = [tableOf(mask + 1, depth + 1), tableOf(mask + 1, depth + 1)] as const;
    for (let cell = 0; cell < cells.length; cell += width)
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

  /** Empties a cell, and closes the gap that this leaves to those that had to give way to it. */
  const clear = (table: Table, cell: number): void => {
    const { cells, mask } = table;
    let gap = cell / width;
    table.used--;
    for (let at = (gap + 1) & mask; cells[at * width] !== 0; at = (at + 1) & mask) {
      if (((at - home(cells[at * width]!, mask)) & mask) < ((at - gap) & mask)) continue;
      for (let i = 0; i < width; i++) cells[gap * width + i] = cells[at * width + i]!;
      gap = at;
    }
    for (let i = 0; i < width; i++) cells[gap * width + i] = 0;
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
      page[record + hashAt] = hash;
      page[record + next] = older;
      page[record + previous] = NONE;
      if (older !== NONE) ints[pageOf(older)]![offsetOf(older) + previous] = slot;
    },
    remove(slot, lane) {
      const page = ints[pageOf(slot)]!;
      const record = offsetOf(slot);
      const newer = page[record + previous]!;
      const older = page[record + next]!;
      if (older !== NONE) ints[pageOf(older)]![offsetOf(older) + previous] = newer;
      if (newer !== NONE) {
        ints[pageOf(newer)]![offsetOf(newer) + next] = older;
        return;
      }
      const hash = page[record + hashAt]!;
      const table = tableFor(hash);
      const { cells, mask } = table;
      let at = home(hash, mask);
      while (cells[at * width + 1 + lane] !== slot + 1) at = (at + 1) & mask;
      cells[at * width + 1 + lane] = older + 1;
      if (cells[at * width + 1] === 0 && cells[at * width + lanes] === 0) clear(table, at * width);
    },
    newest(lane, anyHash, text) {
      const hash = anyHash || 1;
      const table = tableFor(hash);
      return table.cells[search(table, hash, text) + 1 + lane]! - 1;
    },
  };
};
