import type { PartitionLog } from './partition-log.ts';
import { messageLength, RECORD_HEADER, type RecordView } from './record-codec.ts';
import type { Cursor } from './seek.ts';

const READ_AHEAD = 512 * 1024;

/** Consecutive messages of one record: their lengths in order, and the bytes, which lie one behind the other. */
export interface MessageRun {
  readonly bytes: Buffer;
  readonly start: number;
  readonly lengths: readonly number[];
}

/**
 * One receiver's way through a log. It holds at most half a megabyte, and at the end of the log nothing. What it gives out is used
 * again: copy it before the next call.
 */
export class LogReader {
  readonly #log: PartitionLog;
  #loaded: RecordView[] = [];
  #record: RecordView | undefined;
  /** Whether the current record is one of the log's newest, whose bytes the log may use again. */
  #lent = false;
  #buffer: Buffer | undefined;
  /** The position behind the current record. */
  #next: number;
  #index = 0;
  #skip: number;
  #byte = 0;

  constructor(log: PartitionLog, { position, index }: Cursor) {
    this.#log = log;
    this.#next = position;
    this.#skip = index;
  }

  /**
   * The next messages, at most `count` and about `bytes` (at least one message), and moves behind them. `load` when they have to be
   * fetched from the disk first, `end` when there are none yet.
   */
  take(count: number, bytes: number): MessageRun | 'load' | 'end' {
    const record = this.#current();
    if (record === undefined) {
      if (this.#next < this.#log.end) return 'load';
      this.#buffer = undefined;
      return 'end';
    }
    const lengths: number[] = [];
    const start = this.#byte;
    while (lengths.length < count && this.#index < record.count && this.#byte - start < bytes) {
      const length = messageLength(record, this.#index++);
      lengths.push(length);
      this.#byte += length;
    }
    if (this.#index === record.count) this.#record = undefined;
    return { bytes: record.bytes, start, lengths };
  }

  /** Fetches what `take` asked for. Throws DamagedLog. */
  async load(): Promise<void> {
    // What retention deleted meanwhile is passed over.
    this.#next = Math.max(this.#next, this.#log.segments[0]!.base);
    this.#buffer ??= Buffer.allocUnsafeSlow(READ_AHEAD);
    this.#loaded = (await this.#log.read(this.#next, READ_AHEAD, this.#buffer)).toReversed();
  }

  #current(): RecordView | undefined {
    if (this.#record !== undefined) {
      if (!this.#lent || this.#log.recent(this.#record.position) === this.#record) return this.#record;
      // The log has taken its bytes back in the middle of it: the rest comes from the disk.
      this.#next = this.#record.position;
      this.#skip = this.#index;
      this.#record = undefined;
    }
    const loaded = this.#loaded.pop();
    const record = loaded ?? this.#log.recent(this.#next);
    if (record === undefined) return undefined;
    this.#lent = loaded === undefined;
    this.#record = record;
    this.#next = record.position + record.length;
    this.#index = 0;
    this.#byte = record.at + RECORD_HEADER + record.count * 4;
    while (this.#index < this.#skip) this.#byte += messageLength(record, this.#index++);
    this.#skip = 0;
    return record;
  }
}
