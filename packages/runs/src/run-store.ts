import { DocumentConflictError } from '@boxoffice/hubs';
import type { DocumentStore } from '@boxoffice/hubs';
import { z } from 'zod';

const document = z.object({ runs: z.array(z.looseObject({ id: z.string() })) });

/** A run as it is kept: whatever `Run` has. */
type KeptRun = { readonly id: string };

/** Runs that outlive their process. */
export interface RunStore {
  /** What was kept, oldest first; each may be of an older version of this service, so it is for the reader to check. */
  load(): Promise<readonly unknown[]>;
  /** Keeps these runs, oldest first, instead of what was kept. Calls that come while one is being written become one. */
  save(runs: () => readonly KeptRun[]): Promise<void>;
}

/**
 * The runs of one service in one document. Of two processes that share it, the one that writes last decides; runs are told of,
 * not resumed, so what is lost by that is an entry of a list.
 */
export const openRunStore = (documents: DocumentStore, name: string): RunStore => {
  let etag: string | undefined;
  let writing: Promise<void> | undefined;
  let again: Promise<void> | undefined;

  const load = async (): Promise<readonly unknown[]> => {
    const stored = await documents.read(name);
    etag = stored?.etag;
    return stored === undefined ? [] : document.parse(stored.value).runs;
  };
  const write = async (runs: () => readonly KeptRun[]): Promise<void> => {
    for (;;)
      try {
        etag = await documents.write(name, { runs: runs() }, etag);
        return;
      } catch (error) {
        if (!(error instanceof DocumentConflictError)) throw error;
        await load();
      }
  };
  const start = (runs: () => readonly KeptRun[]): Promise<void> => {
    writing = write(runs).finally(() => {
      writing = undefined;
    });
    return writing;
  };

  return {
    load,
    save(runs) {
      if (writing === undefined) return start(runs);
      again ??= writing
        .catch(() => undefined)
        .then(() => {
          again = undefined;
          return start(runs);
        });
      return again;
    },
  };
};
