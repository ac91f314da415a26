import type { RecordView } from './record-codec.ts';

/** What a record is looked up by: all three ascend along a partition's log. */
export type IndexKey = 'position' | 'firstSequence' | 'enqueuedAt';

type Entry = Pick<RecordView, IndexKey>;

// One entry for so many bytes of log: a segment of 64 MiB costs about a thousand entries, a look-up reads 64 KiB.
const STRIDE = 64 * 1024;

/** Remembers one record in every 64 KiB of a segment, so that a look-up scans from near its goal. */
export interface SparseIndex {
  add(record: RecordView): void;
  /** The position of the last remembered record whose key is at most `value`. */
  floor(key: IndexKey, value: number): number | undefined;
}

/** An empty {@link SparseIndex}. */
export function createSparseIndex(): SparseIndex {
  const entries: Entry[] = [];
  return {
    add({ position, firstSequence, enqueuedAt }) {
      const last = entries.at(-1);
      if (last === undefined || position - last.position >= STRIDE) entries.push({ position, firstSequence, enqueuedAt });
    },
    floor(key, value) {
      let low = 0;
      let high = entries.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (entries[middle]![key] <= value) low = middle + 1;
        else high = middle;
      }
      return entries[low - 1]?.position;
    },
  };
}
