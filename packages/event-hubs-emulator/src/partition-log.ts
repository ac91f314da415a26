import type { IncomingBatch } from './incoming-batch.ts';
import { decodeRecord, encodeRecord, type RecordView } from './record-codec.ts';
import { DamagedLog, recoverLog, type LastRecord, type RecoveredLog } from './recovery.ts';
import { Segment } from './segment.ts';
import { createTailCache } from './tail-cache.ts';

const SEGMENT_BYTES = 64 * 1024 * 1024;
const TAIL_BYTES = 2 * 1024 * 1024;

interface Queued {
  readonly record: RecordView;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * The log of one partition. A batch gets its place when it is appended, and is on disk before the append resolves; only then do
 * readers see it. Sequence numbers are contiguous from 0, and no acknowledged or visible one is ever given out again.
 */
export class PartitionLog {
  readonly #directory: string;
  readonly #segments: Segment[];
  readonly #listeners = new Set<() => void>();
  readonly #tail = createTailCache(TAIL_BYTES);
  #last: LastRecord | undefined;
  #end: number;
  #nextSequence: number;
  #reserved: { position: number; sequence: number; enqueuedAt: number };
  #queue: Queued[] = [];
  #writing: Promise<void> | undefined;
  #failedWrite = false;
  #closed = false;
  /** Bytes of a torn write that were cut off when the log was opened. */
  readonly tornBytes: number;

  private constructor(directory: string, { segments, last, tornBytes }: RecoveredLog) {
    this.#directory = directory;
    this.#segments = segments;
    this.#last = last;
    this.tornBytes = tornBytes;
    this.#end = segments.at(-1)!.end;
    this.#nextSequence = last === undefined ? segments.at(-1)!.firstSequence : last.firstSequence + last.count;
    this.#reserved = this.#published();
  }

  /** Opens or creates the log in `directory`. Throws DamagedLog, or what the file system says. */
  static async open(directory: string): Promise<PartitionLog> {
    return new PartitionLog(directory, await recoverLog(directory));
  }

  /** The position behind the last visible event. */
  get end(): number {
    return this.#end;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  get firstSequence(): number {
    return this.#segments[0]!.firstSequence;
  }

  /** The sequence number that the next visible event will have. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** The offset and time of the last visible event; undefined while the log has never held one. */
  get last(): { readonly offset: number; readonly enqueuedAt: number } | undefined {
    return this.#last && { offset: this.#last.position + this.#last.count - 1, enqueuedAt: this.#last.enqueuedAt };
  }

  /**
   * Appends a batch as one record, whole or not at all. Resolves once it is on disk and visible; batches that arrive while a write is
   * in flight share the next one. Throws MalformedMessage at once; rejects with what the file system says, and keeps nothing then.
   */
  append(batch: IncomingBatch): Promise<void> {
    if (this.#closed) throw new Error(`the log in ${this.#directory} is closed`);
    const enqueuedAt = Math.max(Date.now(), this.#reserved.enqueuedAt);
    const { position, sequence } = this.#reserved;
    const record = encodeRecord(batch, { position, firstSequence: sequence, enqueuedAt, durableTo: this.#end });
    this.#reserved = { position: position + record.length, sequence: sequence + record.count, enqueuedAt };
    return new Promise((resolve, reject) => {
      this.#queue.push({ record, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  /** Calls `listener` each time events became visible, until the returned function is called. */
  onAppended(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The record at a position, if it is among the newest; answered from memory. */
  recent(position: number): RecordView | undefined {
    return this.#tail.at(position);
  }

  /** Reads whole records from `position` on: about `bytes` of them, at least one. Throws DamagedLog when their checksum is wrong. */
  async read(position: number, bytes: number): Promise<RecordView[]> {
    const segment = this.#segments.findLast(({ base }) => base <= position);
    if (segment === undefined) throw new RangeError(`position ${position} is before the beginning of the log`);
    for (let length = bytes; ; length *= 2) {
      const chunk = await segment.read(position, length);
      const records = wholeRecords(chunk, position);
      if (records.length > 0) return records;
      // A record may be larger than the chunk, but not than the segment.
      if (decodeRecord(chunk, 0, position) === 'damaged' || chunk.length < length)
        throw new DamagedLog(segment.path, position - segment.base, 'the record fails its checksum');
    }
  }

  /** Resolves when nothing that was appended before is in flight any more. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  /** Finishes the writes in flight and closes the files. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flushed();
    await Promise.all(this.#segments.map((segment) => segment.close()));
  }

  #published(): { position: number; sequence: number; enqueuedAt: number } {
    return { position: this.#end, sequence: this.#nextSequence, enqueuedAt: this.#last?.enqueuedAt ?? 0 };
  }

  async #write(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#queue;
      this.#queue = [];
      try {
        await this.#writeGroup(group.map(({ record }) => record));
      } catch (error) {
        // The places of everything that waits hang on this write, so all of it is refused, and the places are free again.
        this.#failedWrite = true;
        const refused = [...group, ...this.#queue];
        this.#queue = [];
        this.#reserved = this.#published();
        for (const { reject } of refused) reject(error);
        continue;
      }
      for (const { resolve } of group) resolve();
      for (const listener of this.#listeners) listener();
    }
    this.#writing = undefined;
  }

  async #writeGroup(records: readonly RecordView[]): Promise<void> {
    let active = this.#segments.at(-1)!;
    if (this.#failedWrite) {
      await active.truncate(this.#end);
      this.#failedWrite = false;
    }
    if (active.size >= SEGMENT_BYTES) {
      active = await Segment.create(this.#directory, { base: this.#end, firstSequence: this.#nextSequence });
      this.#segments.push(active);
    }
    await active.append(records);
    const { position, firstSequence, count, enqueuedAt } = records.at(-1)!;
    this.#last = { position, firstSequence, count, enqueuedAt };
    this.#nextSequence = firstSequence + count;
    this.#end = active.end;
    for (const record of records) this.#tail.add(record);
  }
}

function wholeRecords(chunk: Buffer, position: number): RecordView[] {
  const records: RecordView[] = [];
  for (let at = 0; ;) {
    const record = decodeRecord(chunk, at, position + at);
    if (typeof record === 'string') return records;
    records.push(record);
    at += record.length;
  }
}
