import { mkdir } from 'node:fs/promises';
import { readProducerSnapshot } from './producer-snapshot.ts';
import { createProducers, type Producers, type ProducerState } from './producers.ts';
import { publicationOf, type RecordView } from './record-codec.ts';
import { listSegments, Segment } from './segment.ts';
import { damageWasDurable, scanRecords } from './segment-scan.ts';
import { createSparseIndex } from './sparse-index.ts';

/** Acknowledged events cannot be read any more: a file of the log was changed, cut or lost by something other than a crash. */
export class DamagedLog extends Error {
  constructor(path: string, byte: number, what: string) {
    super(`${path}, byte ${byte}: ${what}; restore the file, or delete the hub's directory to start it empty`);
    this.name = 'DamagedLog';
  }
}

/** The last batch of a log. */
export type LastRecord = Pick<RecordView, 'position' | 'firstSequence' | 'count' | 'enqueuedAt'>;

/** A partition's log as found on disk, ready to append to its last segment. */
export interface RecoveredLog {
  readonly segments: Segment[];
  readonly last: LastRecord | undefined;
  /** Bytes of a write torn by a crash that were cut off; they had not been acknowledged. */
  readonly tornBytes: number;
  /** How far each producer that numbers its events had got. */
  readonly producers: [number, ProducerState][];
}

async function lastRecordOf(segment: Segment, producers: Producers): Promise<LastRecord | undefined> {
  let last: LastRecord | undefined;
  const index = createSparseIndex();
  const end = await scanRecords(segment.file, { base: segment.base, start: segment.base, size: segment.size }, (record) => {
    const { position, firstSequence, count, enqueuedAt } = record;
    last = { position, firstSequence, count, enqueuedAt };
    index.add(record);
    const publication = publicationOf(record);
    if (publication !== undefined) producers.stored(publication);
  });
  if (end.damaged) {
    if (await damageWasDurable(segment.file, segment.base, end.position, segment.size)) {
      throw new DamagedLog(segment.path, end.position - segment.base, 'acknowledged events follow a damaged record');
    }
    await segment.truncate(end.position);
  }
  segment.index = index;
  return last;
}

/**
 * Opens a partition's log, or creates one that begins at `firstPosition`. Sealed segments are taken by their names and lengths; every record of the last segment is checked, and a
 * torn tail is cut off.
 *
 * @throws DamagedLog when that would lose acknowledged events.
 */
export async function recoverLog(directory: string, firstPosition: number): Promise<RecoveredLog> {
  await mkdir(directory, { recursive: true });
  const segments: Segment[] = [];
  try {
    for (const start of await listSegments(directory)) {
      const previous = segments.at(-1);
      if (previous !== undefined && previous.end !== start.base) {
        throw new DamagedLog(
          previous.path,
          previous.size,
          `the segment ends at ${previous.end}, but the next begins at ${start.base}`,
        );
      }
      segments.push(await Segment.open(directory, start));
    }
    const active = segments.at(-1);
    if (active === undefined) {
      segments.push(await Segment.create(directory, { base: firstPosition, firstSequence: 0 }));
      return { segments, last: undefined, tornBytes: 0, producers: [] };
    }
    const sizeBefore = active.size;
    const producers = createProducers(await readProducerSnapshot(directory, active.base));
    const last = await lastRecordOf(active, producers);
    // What a killed process had written but not yet forced to disk counts from now on.
    await active.sync();
    const tornBytes = sizeBefore - active.size;
    const sealed = segments.at(-2);
    // A crash right after a roll leaves the last segment empty; what was last then stands in the one before.
    const lastSealed = last === undefined && sealed !== undefined ? await lastRecordOf(sealed, createProducers()) : undefined;
    return { segments, last: last ?? lastSealed, tornBytes, producers: producers.entries() };
  } catch (error) {
    await Promise.all(segments.map((segment) => segment.close()));
    throw error;
  }
}
