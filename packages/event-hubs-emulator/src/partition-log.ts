import type { IncomingBatch } from './incoming-batch.ts';
import { DEFAULT_LOG_OPTIONS, type DiskFailure, type LogOptions } from './log-options.ts';
import { dropOtherSnapshots, writeProducerSnapshot } from './producer-snapshot.ts';
import { createProducers, type Producers } from './producers.ts';
import { decodeRecord, decodeRecords, type RecordView } from './record-codec.ts';
import { createRecordMemory } from './record-memory.ts';
import { DamagedLog, recoverLog, type LastRecord, type RecoveredLog } from './recovery.ts';
import { refusals, type Refusal } from './refusal.ts';
import { expiredSegments } from './retention.ts';
import { Segment } from './segment.ts';

const SYNC_INTERVAL_MS = 100;

interface Queued {
  /** Undefined for a batch that was sent again while the first copy is still on its way to the disk. */
  readonly record: RecordView | undefined;
  readonly undo: () => void;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** A batch that is not stored: its producer was shut out by another or skipped a number, or the disk does not answer. */
export class BatchRefused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.description);
    this.name = 'BatchRefused';
    this.refusal = refusal;
  }
}

/**
 * The log of one partition. A batch gets its place when it is appended, and is written (and, by default, on disk) before the append
 * resolves; only then do readers see it. Sequence numbers are contiguous from 0, and no acknowledged or visible one is ever given out
 * again. A numbered batch that was stored before is not stored again.
 */
export class PartitionLog {
  readonly #directory: string;
  readonly #options: LogOptions;
  readonly #segments: Segment[];
  readonly #listeners = new Set<() => void>();
  readonly #memory = createRecordMemory();
  #last: LastRecord | undefined;
  #end: number;
  /** All before it is known to be on disk. */
  #durable: number;
  #nextSequence: number;
  #reserved: { position: number; sequence: number; enqueuedAt: number };
  #queue: Queued[] = [];
  #expireAt: number | undefined;
  #writing: Promise<void> | undefined;
  #syncTimer: NodeJS.Timeout | undefined;
  #syncing: Promise<void> | undefined;
  #failedWrite = false;
  readonly #failing = new Set<DiskFailure>();
  #failures = 0;
  #closed = false;
  readonly producers: Producers;
  /** Where its positions began when it was created. */
  readonly firstPosition: number;
  /** Bytes of a torn write that were cut off when the log was opened. */
  readonly tornBytes: number;

  private constructor(
    directory: string,
    options: LogOptions,
    firstPosition: number,
    { segments, last, tornBytes, producers }: RecoveredLog,
  ) {
    this.#directory = directory;
    this.firstPosition = firstPosition;
    this.#options = options;
    this.#segments = segments;
    this.#last = last;
    this.tornBytes = tornBytes;
    this.producers = createProducers(producers);
    this.#end = segments.at(-1)!.end;
    this.#durable = this.#end;
    this.#nextSequence = last === undefined ? segments.at(-1)!.firstSequence : last.firstSequence + last.count;
    this.#reserved = this.#published();
  }

  /**
   * Opens the log in `directory`, or creates it there with positions from `firstPosition` on. Throws DamagedLog, or what the file
   * system says.
   */
  static async open(
    directory: string,
    options: LogOptions = DEFAULT_LOG_OPTIONS,
    firstPosition: number = 0,
  ): Promise<PartitionLog> {
    return new PartitionLog(directory, options, firstPosition, await recoverLog(directory, firstPosition));
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

  /** How many writes have failed since the log was opened. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * Appends a batch as one record, whole or not at all. Resolves once it is stored and visible, or had been before; batches that
   * arrive while a write is in flight share the next one. Throws MalformedMessage and {@link BatchRefused} at once; rejects with
   * {@link BatchRefused} when the write before takes too long, else with what the file system says, and keeps nothing then.
   */
  append(batch: IncomingBatch): Promise<void> {
    if (this.#closed) throw new Error(`the log in ${this.#directory} is closed`);
    const { publication } = batch;
    const verdict = publication === undefined ? 'new' : this.producers.judge(publication);
    if (typeof verdict !== 'string') throw new BatchRefused(verdict);
    if (verdict === 'duplicate') return this.#writing === undefined ? Promise.resolve() : this.#enqueue(undefined, () => {});
    const enqueuedAt = Math.max(Date.now(), this.#reserved.enqueuedAt);
    const { position, sequence } = this.#reserved;
    const record = this.#memory.encode(batch, { position, firstSequence: sequence, enqueuedAt, durableTo: this.#durable });
    this.#reserved = { position: position + record.length, sequence: sequence + record.count, enqueuedAt };
    return this.#enqueue(record, publication === undefined ? () => {} : this.producers.stored(publication));
  }

  /** Calls `listener` each time events became visible, until the returned function is called. */
  onAppended(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The record at a position, if it is among the newest; answered from memory. Its bytes are used again for others once it is not, so
   * ask again after every turn of the event loop.
   */
  recent(position: number): RecordView | undefined {
    return this.#memory.recent(position);
  }

  /**
   * Reads whole records from `position` on: about `bytes` of them, at least one; into `into` if they fit.
   * Throws DamagedLog when their checksum is wrong.
   */
  async read(position: number, bytes: number, into?: Buffer): Promise<RecordView[]> {
    const segment = this.#segments.findLast(({ base }) => base <= position);
    if (segment === undefined) throw new RangeError(`position ${position} is before the beginning of the log`);
    for (let length = bytes; ; length *= 2) {
      const chunk = await segment.read(position, length, into);
      const records = decodeRecords(chunk, position);
      if (records.length > 0) return records;
      // A record may be larger than the chunk, but not than the segment.
      if (decodeRecord(chunk, 0, position) === 'damaged' || chunk.length < length)
        throw new DamagedLog(segment.path, position - segment.base, 'the record fails its checksum');
    }
  }

  /** Deletes the segments that the retention lets go, as of `now` in ms. The newest segment is sealed first if all of it is too old. */
  async expire(now: number): Promise<void> {
    if (this.#closed || (this.#options.retentionMs === undefined && this.#options.retentionBytes === undefined)) return;
    this.#expireAt = now;
    this.#writing ??= this.#write();
    await this.#writing;
  }

  /** Resolves when nothing that was appended before is in flight any more. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  /** Refuses further batches, waits for those in flight, and lets go of the files. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    clearTimeout(this.#syncTimer);
    await this.#syncing;
    if (this.#durable < this.#end && this.#options.fsync === 'interval') await this.#sync();
    await Promise.all(this.#segments.map((segment) => segment.close()));
  }

  #published(): { position: number; sequence: number; enqueuedAt: number } {
    return { position: this.#end, sequence: this.#nextSequence, enqueuedAt: this.#last?.enqueuedAt ?? 0 };
  }

  #enqueue(record: RecordView | undefined, undo: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ record, undo, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  async #write(): Promise<void> {
    while (this.#queue.length > 0 || this.#expireAt !== undefined) {
      const group = this.#queue;
      this.#queue = [];
      try {
        const records = group.flatMap(({ record }) => record ?? []);
        if (records.length > 0) await this.#writeGroup(records);
      } catch (error) {
        // The places of everything that waits hang on this write, so all of it is refused, and the places are free again.
        this.#failedWrite = true;
        this.#failed('append', error);
        this.#reserved = this.#published();
        this.#refuse([...group, ...this.#queue.splice(0)], error);
        continue;
      }
      for (const { resolve } of group) resolve();
      if (group.length > 0) for (const listener of this.#listeners) listener();
      if (this.#expireAt !== undefined) await this.#expire(this.#expireAt);
    }
    this.#writing = undefined;
  }

  #refuse(refused: readonly Queued[], reason: unknown): void {
    for (const { undo } of refused.toReversed()) undo();
    for (const { record, reject } of refused) {
      if (record !== undefined) this.#memory.drop(record);
      reject(reason);
    }
  }

  /** Refuses what waits behind a write that the disk does not end. Its places are free again; those in the write keep theirs. */
  #giveUpWaiting(inFlight: RecordView): void {
    this.#reserved = {
      position: inFlight.position + inFlight.length,
      sequence: inFlight.firstSequence + inFlight.count,
      enqueuedAt: inFlight.enqueuedAt,
    };
    const seconds = this.#options.writeTimeoutMs / 1000;
    this.#refuse(this.#queue.splice(0), new BatchRefused(refusals.timeout(seconds)));
    this.#failed('append', new Error(`a write has not ended in ${seconds} s`));
  }

  #failed(failure: DiskFailure, error: unknown): void {
    this.#failures += 1;
    if (this.#failing.has(failure)) return;
    this.#failing.add(failure);
    this.#options.onFailure(this.#directory, failure, error);
  }

  async #writeGroup(records: readonly RecordView[]): Promise<void> {
    let active = this.#segments.at(-1)!;
    if (this.#failedWrite) {
      await active.truncate(this.#end);
      this.#failedWrite = false;
    }
    if (active.size >= this.#options.segmentBytes) active = await this.#roll();
    const stalled = setInterval(() => this.#giveUpWaiting(records.at(-1)!), this.#options.writeTimeoutMs);
    try {
      await active.append(records);
      if (this.#options.fsync === 'always') await active.sync();
    } finally {
      clearInterval(stalled);
    }
    this.#failing.delete('append');
    active.commit(records);
    const { position, firstSequence, count, enqueuedAt } = records.at(-1)!;
    this.#last = { position, firstSequence, count, enqueuedAt };
    this.#nextSequence = firstSequence + count;
    this.#end = active.end;
    if (this.#options.fsync === 'always') this.#durable = this.#end;
    for (const record of records) this.#memory.keep(record);
    if (this.#options.fsync === 'interval' && this.#syncTimer === undefined) {
      this.#syncTimer = setTimeout(() => {
        this.#syncTimer = undefined;
        this.#syncing = this.#sync();
      }, SYNC_INTERVAL_MS);
    }
  }

  async #sync(): Promise<void> {
    const { end } = this;
    try {
      await this.#segments.at(-1)!.sync();
      this.#durable = end;
      this.#failing.delete('sync');
    } catch (error) {
      // What was acknowledged is in the page cache, and the next write tries again.
      this.#failed('sync', error);
    }
  }

  /** Seals the newest segment and begins the next. */
  async #roll(): Promise<Segment> {
    await this.#segments.at(-1)!.sync();
    this.#durable = this.#end;
    const states = this.producers.entries();
    if (states.length > 0) await writeProducerSnapshot(this.#directory, this.#end, states);
    const segment = await Segment.create(this.#directory, { base: this.#end, firstSequence: this.#nextSequence });
    this.#segments.push(segment);
    if (states.length > 0) await dropOtherSnapshots(this.#directory, this.#end);
    return segment;
  }

  async #expire(now: number): Promise<void> {
    this.#expireAt = undefined;
    try {
      const active = this.#segments.at(-1)!;
      const { retentionMs } = this.#options;
      if (retentionMs !== undefined && active.size > 0 && active.modifiedAt < now - retentionMs && !this.#failedWrite)
        await this.#roll();
      for (const segment of this.#segments.splice(0, expiredSegments(this.#segments, this.#options, now))) await segment.remove();
      this.#failing.delete('retention');
    } catch (error) {
      // A disk that cannot delete now may later; nothing is lost by waiting.
      this.#failed('retention', error);
    }
  }
}
