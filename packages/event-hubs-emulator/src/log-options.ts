/**
 * When written events are forced to disk. `always`: before they are acknowledged. `interval`: within 100 ms after it. `never`: when
 * the system sees fit. A process that is killed loses nothing under any of them; a machine that loses power, under the last two, may
 * lose what was acknowledged last.
 */
export type FsyncPolicy = 'always' | 'interval' | 'never';

/** What the disk refused: to take events, to make acknowledged ones durable, or to delete what retention lets go. */
export type DiskFailure = 'append' | 'sync' | 'retention';

/** How the logs of a server are kept. */
export interface LogOptions {
  readonly fsync: FsyncPolicy;
  /** Segments whose newest event is older are deleted; undefined keeps them for ever. */
  readonly retentionMs: number | undefined;
  /** The oldest segments of a partition are deleted while it holds more than this; undefined keeps them all. */
  readonly retentionBytes: number | undefined;
  /** A segment that has reached this size is followed by a new one. */
  readonly segmentBytes: number;
  /** Batches that wait for a write which takes longer than this are refused. */
  readonly writeTimeoutMs: number;
  /** Told when the disk begins to fail, not each time that it does. */
  readonly onFailure: (directory: string, failure: DiskFailure, error: unknown) => void;
}

/** Everything on disk before its acknowledgement, and kept for ever. */
export const DEFAULT_LOG_OPTIONS: LogOptions = {
  fsync: 'always',
  retentionMs: undefined,
  retentionBytes: undefined,
  segmentBytes: 64 * 1024 * 1024,
  writeTimeoutMs: 30_000,
  onFailure: () => {},
};
