import type { DocumentStore } from '@boxoffice/hubs';
import { z } from 'zod';

const document = z.object({ resumeAfter: z.int() });

/** Where a partition is taken up again after a restart. */
export interface Checkpoint {
  /** The sequence number that an earlier life left; undefined when there was none. */
  readonly resumeAfter: number | undefined;
  /** Writes it, if it differs from what is written. @throws {DocumentConflictError} when another process follows this partition. */
  write(resumeAfter: number | undefined): Promise<void>;
}

/** Reads the checkpoint of a hub's partition. */
export const openCheckpoint = async (documents: DocumentStore, hub: string, partition: number): Promise<Checkpoint> => {
  const name = `payment-producer/${hub}/${partition}`;
  const stored = await documents.read(name);
  const resumeAfter = stored === undefined ? undefined : document.parse(stored.value).resumeAfter;
  let written = resumeAfter;
  let etag = stored?.etag;
  return {
    resumeAfter,
    async write(next) {
      if (next === undefined || next === written) return;
      etag = await documents.write(name, { resumeAfter: next }, etag);
      written = next;
    },
  };
};
