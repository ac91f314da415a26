import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordView } from './record-codec.ts';
import { readFully, scanRecords } from './segment-scan.ts';
import { createSparseIndex, type IndexKey, type SparseIndex } from './sparse-index.ts';

const NAME = /^(\d{20})-(\d{20})\.log$/;
const padded = (value: number): string => String(value).padStart(20, '0');

/** Where a segment begins; its file's name says it, so opening a log reads no sealed file. */
export interface SegmentStart {
  /** Position of its first byte in the partition's log. */
  readonly base: number;
  readonly firstSequence: number;
}

/** Where a look-up ended. */
export type FoundRecord = Pick<RecordView, 'position' | 'firstSequence' | 'enqueuedAt'>;

/** The segments of a partition's directory, in order. */
export async function listSegments(directory: string): Promise<SegmentStart[]> {
  const starts: SegmentStart[] = [];
  for (const name of await readdir(directory)) {
    const parts = NAME.exec(name);
    if (parts !== null) starts.push({ base: Number(parts[1]), firstSequence: Number(parts[2]) });
  }
  return starts.toSorted((a, b) => a.base - b.base);
}

/** One append-only file of a partition's log. */
export class Segment implements SegmentStart {
  readonly base: number;
  readonly firstSequence: number;
  readonly path: string;
  /** Bytes written and on disk. */
  size: number;
  /** Filled while appending or recovering; for a segment sealed by an earlier process, on its first look-up. */
  index: SparseIndex | undefined;
  /** When its newest record was written, in ms. */
  modifiedAt: number;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle, start: SegmentStart, { size, mtimeMs }: { size: number; mtimeMs: number }) {
    this.path = path;
    this.base = start.base;
    this.firstSequence = start.firstSequence;
    this.size = size;
    this.modifiedAt = mtimeMs;
    this.#file = file;
  }

  /** Creates the segment, and makes its directory entry durable. */
  static async create(directory: string, start: SegmentStart): Promise<Segment> {
    const path = join(directory, `${padded(start.base)}-${padded(start.firstSequence)}.log`);
    // One of this name is what an attempt that failed, on a full disk, left behind.
    const segment = new Segment(path, await open(path, 'w+'), start, { size: 0, mtimeMs: Date.now() });
    segment.index = createSparseIndex();
    try {
      await syncDirectory(directory);
    } catch (error) {
      await segment.close();
      throw error;
    }
    return segment;
  }

  static async open(directory: string, start: SegmentStart): Promise<Segment> {
    const path = join(directory, `${padded(start.base)}-${padded(start.firstSequence)}.log`);
    const file = await open(path, 'r+');
    return new Segment(path, file, start, await file.stat());
  }

  get end(): number {
    return this.base + this.size;
  }

  get file(): FileHandle {
    return this.#file;
  }

  /** Writes records behind the last one. Throws what the file system says. They count only once they are committed. */
  async append(records: readonly RecordView[]): Promise<void> {
    let at = this.size;
    let rest = records.map((record) => record.bytes.subarray(record.at, record.at + record.length));
    while (rest.length > 0) {
      const { bytesWritten } = await this.#file.writev(rest, at);
      at += bytesWritten;
      rest = after(rest, bytesWritten);
    }
  }

  /** Forces what was written to disk. */
  sync(): Promise<void> {
    return this.#file.datasync();
  }

  /** Makes records that were appended part of the segment. */
  commit(records: readonly RecordView[]): void {
    for (const record of records) {
      this.size += record.length;
      this.modifiedAt = record.enqueuedAt;
      this.index?.add(record);
    }
  }

  /** Reads up to `length` bytes from `position` on; fewer only at the end of the segment; into `into` if they fit. */
  read(position: number, length: number, into?: Buffer): Promise<Buffer> {
    const wanted = Math.min(length, this.end - position);
    const bytes = into !== undefined && into.length >= wanted ? into : Buffer.allocUnsafe(wanted);
    return readFully(this.#file, bytes, position - this.base, wanted);
  }

  /** Forgets all bytes from `position` on. */
  async truncate(position: number): Promise<void> {
    await this.#file.truncate(position - this.base);
    await this.#file.datasync();
    this.size = position - this.base;
  }

  /** The first record for which `wanted` holds. The last record whose `key` is at most `value` must not come behind it. */
  async find(key: IndexKey, value: number, wanted: (record: RecordView) => boolean): Promise<FoundRecord | undefined> {
    if (this.index === undefined) {
      const index = createSparseIndex();
      await scanRecords(this.#file, { base: this.base, start: this.base, size: this.size }, (record) => index.add(record));
      this.index = index;
    }
    const start = this.index.floor(key, value) ?? this.base;
    let found: FoundRecord | undefined;
    await scanRecords(this.#file, { base: this.base, start, size: this.size }, (record) => {
      if (!wanted(record)) return true;
      found = { position: record.position, firstSequence: record.firstSequence, enqueuedAt: record.enqueuedAt };
      return false;
    });
    return found;
  }

  /** Deletes the file. Reads that are under way end first. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true });
    await this.#file.close();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

function after(buffers: readonly Buffer[], written: number): Buffer[] {
  const rest: Buffer[] = [];
  let skip = written;
  for (const buffer of buffers) {
    if (skip < buffer.length) rest.push(buffer.subarray(skip));
    skip = Math.max(0, skip - buffer.length);
  }
  return rest;
}

/** Makes the names in a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
