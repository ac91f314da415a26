import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ProducerState } from './producers.ts';

const NAME = /^\d{20}\.producers\.json$/;
const nameFor = (base: number): string => `${String(base).padStart(20, '0')}.producers.json`;

const schema = z.array(z.tuple([z.number(), z.object({ epoch: z.number(), last: z.number() })]));

/** Writes what is known of the producers where a segment begins, so that the segments before it need not be read again. */
export async function writeProducerSnapshot(
  directory: string,
  base: number,
  states: readonly (readonly [number, ProducerState])[],
): Promise<void> {
  const path = join(directory, nameFor(base));
  const file = await open(`${path}.new`, 'w');
  try {
    await file.writeFile(JSON.stringify(states));
    await file.sync();
  } finally {
    await file.close();
  }
  // The directory is synced with the segment that is created next.
  await rename(`${path}.new`, path);
}

/** What was known of the producers where the segment at `base` begins; nothing when no producer had numbered its events. */
export async function readProducerSnapshot(directory: string, base: number): Promise<[number, ProducerState][]> {
  try {
    return schema.parse(JSON.parse(await readFile(join(directory, nameFor(base)), 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Deletes all snapshots but that of the segment at `base`. */
export async function dropOtherSnapshots(directory: string, base: number): Promise<void> {
  const kept = nameFor(base);
  const others = (await readdir(directory)).filter((name) => NAME.test(name) && name !== kept);
  await Promise.all(others.map((name) => rm(join(directory, name), { force: true })));
}
