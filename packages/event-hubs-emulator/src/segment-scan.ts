import type { FileHandle } from 'node:fs/promises';
import { decodeRecord, RECORD_MAGIC, type RecordView } from './record-codec.ts';

const CHUNK = 1024 * 1024;

/** Where a scan ended, as a position: behind the last whole record, or where `onRecord` said stop. `damaged` when bytes follow that are no whole record. */
export interface ScanEnd {
  readonly position: number;
  readonly damaged: boolean;
}

/** Reads up to `length` bytes at `at`; fewer only at the end of the file. */
export async function readFully(file: FileHandle, into: Buffer, at: number, length: number): Promise<Buffer> {
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(into, filled, length - filled, at + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return into.subarray(0, filled);
}

/**
 * Hands the whole records of a segment file to `onRecord`, in order, from `start` on, until it returns false or the records end.
 * `base` is the position of the file's first byte, `size` the file's length in bytes.
 */
export async function scanRecords(
  file: FileHandle,
  { base, start, size }: { base: number; start: number; size: number },
  onRecord: (record: RecordView) => boolean | void,
): Promise<ScanEnd> {
  let position = start;
  let length = CHUNK;
  while (position < base + size) {
    const rest = base + size - position;
    const bytes = await readFully(file, Buffer.allocUnsafe(Math.min(length, rest)), position - base, Math.min(length, rest));
    let at = 0;
    for (;;) {
      const record = decodeRecord(bytes, at, position);
      if (record === 'damaged') return { position, damaged: true };
      if (record === 'incomplete') break;
      if (onRecord(record) === false) return { position, damaged: false };
      at += record.length;
      position += record.length;
    }
    if (at > 0) length = CHUNK;
    else if (bytes.length === rest) return { position, damaged: rest > 0 };
    else length *= 2; // one record is larger than the chunk
  }
  return { position, damaged: false };
}

/**
 * Whether damage at `position` destroyed something that was acknowledged: true when a whole record further on knew the log to be
 * on disk beyond it. Without one it is a write that a crash tore, of which nobody was told.
 */
export async function damageWasDurable(file: FileHandle, base: number, position: number, size: number): Promise<boolean> {
  const rest = await readFully(file, Buffer.allocUnsafe(base + size - position), position - base, base + size - position);
  for (let at = rest.indexOf(RECORD_MAGIC, 1); at !== -1; at = rest.indexOf(RECORD_MAGIC, at + 1)) {
    const record = decodeRecord(rest, at, position + at);
    if (typeof record === 'object' && record.durableTo > position) return true;
  }
  return false;
}
