import type { DocumentStore } from '@boxoffice/hubs';
import type { Logger } from '@boxoffice/service-kit';
import { claimed, freshCheckpoint, pairCheckpoint } from './checkpoint.ts';
import type { PairCheckpoint, PairSettings } from './checkpoint.ts';

/** The document in which a pair's checkpoint is kept, held by the owner of the pair. */
export interface PairDocument {
  /** What was last written: by the claim at first. Everything that it covers has been acknowledged. */
  readonly written: PairCheckpoint;
  /** @throws {DocumentConflictError} when somebody else has claimed the pair. */
  write(checkpoint: PairCheckpoint): Promise<void>;
}

/**
 * Takes a pair over from whoever had it: its document gets a new generation before anything is read, so whoever had it can
 * write no more.
 * @throws {DocumentConflictError} when somebody else claims it at the same moment.
 * @throws {z.ZodError} for a document that is not a pair's checkpoint.
 */
export const claimPair = async (
  documents: DocumentStore,
  name: string,
  settings: PairSettings,
  log: Logger,
): Promise<PairDocument> => {
  const found = await documents.read(name);
  const before = found ? pairCheckpoint.parse(found.value) : freshCheckpoint(settings);
  let written = claimed(before, settings);
  if (written.settings !== before.settings)
    log.warn(
      { pair: name, replayFrom: written.replayFrom },
      'the settings of the join have changed; joining again what was still open',
    );
  let etag = await documents.write(name, written, found?.etag);
  return {
    get written() {
      return written;
    },
    async write(checkpoint) {
      etag = await documents.write(name, checkpoint, etag);
      written = checkpoint;
    },
  };
};
