import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

/** Where checkpoints are kept. A field of a flat `z.object` of settings. */
export const documentSettings = {
  checkpointDirectory: z.string().min(1).default('.data/checkpoints').meta({ description: 'Folder of the checkpoints' }),
};

/** A document as it was read; `etag` names this state of it. */
export interface StoredDocument {
  readonly value: unknown;
  readonly etag: string;
}

/** Small JSON documents that are replaced as a whole, and only by who has read what they replace. */
export interface DocumentStore {
  read(name: string): Promise<StoredDocument | undefined>;
  /**
   * Replaces the document whose state is `etag` (`undefined`: there is none yet), durably, and returns the new etag.
   * @throws {DocumentConflictError} when somebody else has written since.
   */
  write(name: string, value: unknown, etag: string | undefined): Promise<string>;
  /** The names of all documents that begin with `prefix`, in no particular order. */
  list(prefix: string): Promise<string[]>;
}

/** Somebody else has written the document since it was read. */
export class DocumentConflictError extends Error {
  override readonly name = 'DocumentConflictError';
}

const envelope = z.object({ value: z.unknown() });
const isCode = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code;

const writeDurably = async (file: string, text: string): Promise<void> => {
  await using handle = await open(file, 'wx');
  await handle.writeFile(text);
  await handle.datasync();
};

const syncFolder = async (folder: string): Promise<void> => {
  await using handle = await open(folder, 'r');
  await handle.sync();
};

/** What is in a folder; nothing, where it does not exist yet. */
const filesIn = async (folder: string): Promise<string[]> => {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  }
};

/** The numbers of the states in a folder, newest first. */
const states = async (folder: string): Promise<number[]> => {
  const files = await filesIn(folder);
  return files.flatMap((file) => /^(\d+)\.json$/.exec(file)?.slice(1).map(Number) ?? []).toSorted((a, b) => b - a);
};

/**
 * Documents in a folder: one file for each state, `<name>/<number>.json`, of which the highest number counts. A new state is
 * linked into place under the next number, which fails where it exists: a conditional write without a lock that a killed process
 * could leave behind. The etag is the number. A writer that slept through later states, and their clearing away, finds them
 * on looking again, and has lost as well.
 */
export const openDocuments = ({ checkpointDirectory }: { readonly checkpointDirectory: string }): DocumentStore => {
  const folderOf = (name: string) => path.join(checkpointDirectory, encodeURIComponent(name));

  return {
    async read(name) {
      const folder = folderOf(name);
      for (;;) {
        const [newest] = await states(folder);
        if (newest === undefined) return undefined;
        try {
          const { value } = envelope.parse(JSON.parse(await readFile(path.join(folder, `${newest}.json`), 'utf8')));
          return { value, etag: String(newest) };
        } catch (error) {
          // Replaced and cleared away between the two looks; the next look finds what replaced it.
          if (!isCode(error, 'ENOENT')) throw new Error(`${folder}/${newest}.json: ${String(error)}`, { cause: error });
        }
      }
    },

    async write(name, value, etag) {
      const folder = folderOf(name);
      const conflict = () => new DocumentConflictError(`${folder}: was written by somebody else since state ${etag ?? 'none'}`);
      await mkdir(folder, { recursive: true });
      const before = await states(folder);
      const mine = Number(etag ?? 0) + 1;
      if ((before[0] ?? 0) !== mine - 1) throw conflict();
      const draft = path.join(folder, `${randomUUID()}.draft`);
      try {
        await writeDurably(draft, JSON.stringify({ value }));
        await link(draft, path.join(folder, `${mine}.json`));
      } catch (error) {
        throw isCode(error, 'EEXIST') ? conflict() : error;
      } finally {
        await rm(draft, { force: true });
      }
      await syncFolder(folder);
      const [newest] = await states(folder);
      if (newest !== mine) throw conflict();
      await Promise.all(before.slice(1).map((state) => rm(path.join(folder, `${state}.json`), { force: true })));
      return String(mine);
    },

    async list(prefix) {
      const encoded = (await filesIn(checkpointDirectory)).filter((folder) => folder.startsWith(encodeURIComponent(prefix)));
      const names = encoded.map((folder) => decodeURIComponent(folder));
      const written = await Promise.all(names.map(async (name) => (await states(folderOf(name))).length > 0));
      return names.filter((_, index) => written[index]);
    },
  };
};
