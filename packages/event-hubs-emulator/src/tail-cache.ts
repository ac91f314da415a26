import type { RecordView } from './record-codec.ts';

/** The newest records of a partition, so that readers at its end never touch the disk. Bounded by bytes. */
export interface TailCache {
  add(record: RecordView): void;
  /** The record at exactly this position, if it is among the newest. */
  at(position: number): RecordView | undefined;
}

/** A {@link TailCache} of at most `maxBytes`, or one record if that is larger. `onEvicted` is told of each that leaves. */
export function createTailCache(maxBytes: number, onEvicted: (record: RecordView) => void): TailCache {
  let records: RecordView[] = [];
  // Entries before `first` are evicted; the array is compacted now and then instead of being shifted every time.
  let first = 0;
  let bytes = 0;
  return {
    add(record) {
      records.push(record);
      bytes += record.length;
      while (bytes > maxBytes && first < records.length - 1) {
        const evicted = records[first++]!;
        bytes -= evicted.length;
        onEvicted(evicted);
      }
      if (first > 64 && first * 2 > records.length) {
        records = records.slice(first);
        first = 0;
      }
    },
    at(position) {
      let low = first;
      let high = records.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (records[middle]!.position < position) low = middle + 1;
        else high = middle;
      }
      const found = records[low];
      return found?.position === position ? found : undefined;
    },
  };
}
