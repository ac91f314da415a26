import { RefusedError, UnavailableError } from '@boxoffice/warehouse';
import type { IngestPosition, Loader } from '@boxoffice/warehouse';
import type { Batch } from './batches.ts';
import { toRefused, toRows } from './to-row.ts';
import type { Entry } from './to-row.ts';

/** Counts of one or several loads. */
export interface Loaded {
  readonly position: IngestPosition;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly refused: number;
}

/**
 * Loads a batch. A row that the database refuses is found by halving the batch and goes to the quarantine with the database's
 * reason, and the rest goes in; each half then is a transaction of its own, and the position moves over whole messages only.
 * @throws FencedError, UnavailableError as `Loader.load` does; RefusedError when not even the quarantine takes an event.
 */
export const loadBatch = async (
  loader: Loader,
  place: { readonly hub: string; readonly partition: number },
  expected: IngestPosition,
  { firstSequenceNumber, lastSequenceNumber, entries }: Batch,
): Promise<Loaded> => {
  let position = expected;
  let duplicates = 0;
  let conflicts = 0;
  let refused = 0;

  const load = async (part: readonly Entry[], upTo: number): Promise<void> => {
    const batch = { ...place, expected: position, firstSequenceNumber, lastSequenceNumber: upTo, ...toRows(part) };
    const result = await loader.load(batch);
    position = result.position;
    duplicates += result.replayed;
    conflicts += result.conflicts;
  };

  const loadOrHalve = async (part: readonly Entry[], upTo: number): Promise<void> => {
    try {
      await load(part, upTo);
    } catch (error) {
      const [only] = part;
      if (!(error instanceof RefusedError) || only === undefined || only.content.as === 'quarantined') throw error;
      if (part.length === 1) {
        await load([toRefused(only, error.message)], upTo);
        refused++;
        return;
      }
      const middle = Math.ceil(part.length / 2);
      const from = part[middle]?.origin.sequenceNumber ?? upTo;
      // The first half ends in the middle of a message, perhaps: that one is loaded only with the second.
      await loadOrHalve(part.slice(0, middle), from - 1);
      await loadOrHalve(part.slice(middle), upTo);
    }
  };

  await loadOrHalve(entries, lastSequenceNumber);
  return { position, duplicates, conflicts, refused };
};

/** Whether waiting may help. */
export const isAway = (error: unknown): error is UnavailableError => error instanceof UnavailableError;
