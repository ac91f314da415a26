import { DocumentConflictError } from '@boxoffice/hubs';
import type { DocumentStore } from '@boxoffice/hubs';
import { pairCheckpoint } from './checkpoint.ts';
import type { PairCheckpoint } from './checkpoint.ts';

/** The document in which a pair's checkpoint is kept, held by the owner of the pair. */
export interface PairDocument {
  /** What was last written: by the claim at first. Everything that it covers has been acknowledged. */
  readonly written: PairCheckpoint;
  /** @throws {DocumentConflictError} when somebody else has claimed or changed the pair. */
  write(checkpoint: PairCheckpoint): Promise<void>;
  /** Makes sure that the pair is still ours. @throws {DocumentConflictError} when it is not. */
  confirm(): Promise<void>;
}

const read = async (documents: DocumentStore, name: string) => {
  const found = await documents.read(name);
  if (!found) return undefined;
  const { success, data, error } = pairCheckpoint.safeParse(found.value);
  if (!success) throw new Error(`document ${name}: is no checkpoint of a pair: ${error.message}`, { cause: error });
  return { checkpoint: data, etag: found.etag };
};

/**
 * Takes a pair over from whoever had it: its document gets a new generation before anything is read, so whoever had it can write
 * no more. `claim` makes the new owner's checkpoint of the one that is there, if any.
 * @throws {DocumentConflictError} when somebody else claims it at the same moment.
 */
export const claimPair = async (
  documents: DocumentStore,
  name: string,
  claim: (found: PairCheckpoint | undefined) => PairCheckpoint,
): Promise<PairDocument> => {
  const found = await read(documents, name);
  let written = claim(found?.checkpoint);
  let etag = await documents.write(name, written, found?.etag);
  // One after the other: what is being written is found before its etag is known here, and would look like somebody else's.
  let busy: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const done = busy.then(act);
    busy = done.catch(() => undefined);
    return done;
  };
  return {
    get written() {
      return written;
    },
    write: (checkpoint) =>
      inTurn(async () => {
        etag = await documents.write(name, checkpoint, etag);
        written = checkpoint;
      }),
    confirm: () =>
      inTurn(async () => {
        const now = await documents.read(name);
        if (now?.etag !== etag) throw new DocumentConflictError(`${name}: was claimed or changed by somebody else`);
      }),
  };
};

/**
 * Changes the checkpoint of a pair from outside; its owner finds itself fenced, and takes up what it finds then. Tried again when
 * the owner writes at the same moment. Returns what is there then; undefined where there is no such pair yet. A change that returns
 * what it was given writes nothing.
 */
export const changePair = async (
  documents: DocumentStore,
  name: string,
  change: (found: PairCheckpoint) => PairCheckpoint,
): Promise<PairCheckpoint | undefined> => {
  for (let left = 20; ; left--) {
    const found = await read(documents, name);
    if (!found) return undefined;
    const next = change(found.checkpoint);
    if (next === found.checkpoint) return next;
    try {
      await documents.write(name, next, found.etag);
      return next;
    } catch (error) {
      if (!(error instanceof DocumentConflictError) || left === 0) throw error;
    }
  }
};
