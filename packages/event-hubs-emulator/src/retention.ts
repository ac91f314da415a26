import type { LogOptions } from './log-options.ts';

/** A segment as far as its retention goes. */
export interface Expirable {
  /** Bytes. */
  readonly size: number;
  /** When its newest event was written, in ms. */
  readonly modifiedAt: number;
}

/** How many of the oldest segments may be deleted at `now`, in ms. The newest never is: the log goes on in it. */
export function expiredSegments(
  segments: readonly Expirable[],
  { retentionMs = Infinity, retentionBytes = Infinity }: Partial<Pick<LogOptions, 'retentionMs' | 'retentionBytes'>>,
  now: number,
): number {
  let bytes = segments.reduce((sum, { size }) => sum + size, 0);
  let count = 0;
  for (const { size, modifiedAt } of segments.slice(0, -1)) {
    if (modifiedAt >= now - retentionMs && bytes <= retentionBytes) break;
    bytes -= size;
    count += 1;
  }
  return count;
}
