import type { Origin } from '@boxoffice/schemas';

/** What decides between two contents under one id, and then between two places of the same content. */
export interface Ranked {
  /** Event time, ISO 8601 in UTC with milliseconds: it sorts as text. */
  readonly at: string;
  readonly source: string;
  readonly contentHash: string;
  readonly origin: Omit<Origin, 'enqueuedAt'>;
}

/** By the bytes of UTF-8, as the databases compare under a binary collation; JavaScript's `<` goes by UTF-16 units. */
const byBytes = (a: string, b: string): number => (a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b)));

/**
 * Whether `a` is to be kept rather than `b`: the smaller event time, then source, then content hash. The same content found in
 * two places (it was sent twice) keeps the first place. A total order, so any order of arrival ends with the same row.
 */
export const precedes = (a: Ranked, b: Ranked): boolean => {
  const order =
    byBytes(a.at, b.at) ||
    byBytes(a.source, b.source) ||
    byBytes(a.contentHash, b.contentHash) ||
    byBytes(a.origin.hub, b.origin.hub) ||
    a.origin.partition - b.origin.partition ||
    a.origin.sequenceNumber - b.origin.sequenceNumber ||
    a.origin.index - b.origin.index;
  return order < 0;
};
