import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { LogOptions } from './log-options.ts';
import { PartitionLog } from './partition-log.ts';
import { syncDirectory } from './segment.ts';

const DEFAULT_GROUP = '$default';

const metadataSchema = z.object({
  name: z.string(),
  /** ISO 8601. */
  createdAt: z.iso.datetime(),
  partitions: z.number().int().positive(),
  /** The position at which all its partitions began; data of earlier versions began at 0. */
  firstPosition: z.number().int().nonnegative().default(0),
});

// Positions grow at most so fast, on average, in any hub that does not write more than 4 MB/s to one partition for all its life; and
// they stay below 2^53 until 2095.
const BYTES_PER_MS = 4096;
const POSITIONS_SINCE = Date.UTC(2026, 0, 1);

/**
 * Where the positions of a hub that is created at `now` begin: behind those of a hub of the same name whose data was deleted, so that a
 * checkpoint of that one is told from one of this.
 */
function firstPositionAt(now: number): number {
  return Math.max(0, now - POSITIONS_SINCE) * BYTES_PER_MS;
}

/** What a hub is configured with. The consumer group `$Default` always exists besides. */
export interface HubOptions {
  readonly partitions: number;
  readonly consumerGroups?: readonly string[];
}

/** An event hub: its partitions, by number, and who may read it. */
export interface Hub {
  readonly name: string;
  /** As configured, `$Default` first. */
  readonly consumerGroups: readonly string[];
  readonly createdAt: Date;
  readonly partitions: readonly PartitionLog[];
  /** Consumer group names are compared without case. */
  hasConsumerGroup(name: string): boolean;
  /** The log of the partition with this id, if there is one. */
  partition(id: string): PartitionLog | undefined;
  /** The partition for a batch that says nothing of where it belongs: each in turn. */
  nextInTurn(): PartitionLog;
  close(): Promise<void>;
}

async function readMetadata(directory: string): Promise<z.infer<typeof metadataSchema> | undefined> {
  const path = join(directory, 'hub.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return metadataSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${path} is not the description of a hub; restore it, or delete the directory to start the hub empty`, {
      cause,
    });
  }
}

async function writeMetadata(directory: string, metadata: z.infer<typeof metadataSchema>): Promise<void> {
  const path = join(directory, 'hub.json');
  const file = await open(`${path}.new`, 'w');
  try {
    await file.writeFile(`${JSON.stringify(metadata, undefined, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncDirectory(directory);
}

/**
 * Opens the hub in `<dataDirectory>/<name>`, or creates it there. Throws when the data there was written with another partition
 * count, since keys would go elsewhere than before; DamagedLog when acknowledged events are lost.
 */
export async function openHub(
  dataDirectory: string,
  name: string,
  { partitions: count, consumerGroups = [] }: HubOptions,
  logOptions: LogOptions,
): Promise<Hub> {
  const directory = join(dataDirectory, name);
  await mkdir(directory, { recursive: true });
  let metadata = await readMetadata(directory);
  if (metadata === undefined) {
    const now = Date.now();
    metadata = { name, createdAt: new Date(now).toISOString(), partitions: count, firstPosition: firstPositionAt(now) };
    await writeMetadata(directory, metadata);
  }
  if (metadata.partitions !== count) {
    throw new Error(
      `hub '${name}': ${directory} was created with ${metadata.partitions} partitions, and ${count} are asked for; a hub's partition count never changes`,
    );
  }
  const groups = new Set([DEFAULT_GROUP, ...consumerGroups.map((group) => group.toLowerCase())]);
  const opened = await Promise.allSettled(
    Array.from({ length: count }, (_, id) => PartitionLog.open(join(directory, String(id)), logOptions, metadata.firstPosition)),
  );
  const logs = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = opened.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await Promise.all(logs.map((log) => log.close()));
    throw failed.reason;
  }
  let turn = 0;
  return {
    name,
    consumerGroups: ['$Default', ...consumerGroups.filter((group) => group.toLowerCase() !== DEFAULT_GROUP)],
    createdAt: new Date(metadata.createdAt),
    partitions: logs,
    hasConsumerGroup: (group) => groups.has(group.toLowerCase()),
    partition: (id) => (/^\d+$/.test(id) ? logs[Number(id)] : undefined),
    nextInTurn: () => logs[turn++ % count]!,
    close: async () => void (await Promise.all(logs.map((log) => log.close()))),
  };
}
