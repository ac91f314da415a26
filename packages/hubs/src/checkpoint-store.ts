import type { Checkpoint, CheckpointStore, PartitionOwnership } from '@azure/event-hubs';
import { z } from 'zod';
import { DocumentConflictError } from './documents.ts';
import type { DocumentStore } from './documents.ts';

export type { CheckpointStore } from '@azure/event-hubs';

const ownershipDocument = z.object({ ownerId: z.string(), lastModifiedTimeInMs: z.number() });
const checkpointDocument = z.object({ sequenceNumber: z.number(), offset: z.string() });

type Group = Pick<PartitionOwnership, 'fullyQualifiedNamespace' | 'eventHubName' | 'consumerGroup'>;

// None of the three may contain a slash, so no two groups share a name; and Event Hubs does not tell cases apart.
const prefixOf = (kind: string, { fullyQualifiedNamespace, eventHubName, consumerGroup }: Group): string =>
  `${[kind, fullyQualifiedNamespace, eventHubName, consumerGroup].join('/').toLowerCase()}/`;
const nameOf = (kind: string, of: Group & { readonly partitionId: string }): string => `${prefixOf(kind, of)}${of.partitionId}`;

/** @throws {Error} naming the document that does not hold what it should */
const readAs = async <T>(documents: DocumentStore, name: string, schema: z.ZodType<T>) => {
  const found = await documents.read(name);
  if (!found) return undefined;
  const parsed = schema.safeParse(found.value);
  if (parsed.success) return { value: parsed.data, etag: found.etag };
  throw new Error(`document ${name} is damaged: ${JSON.stringify(found.value)}: ${z.prettifyError(parsed.error)}`, {
    cause: parsed.error,
  });
};

/** The documents of one kind and group, each with its partition. */
const readAll = async <T>(documents: DocumentStore, prefix: string, schema: z.ZodType<T>) => {
  const names = await documents.list(prefix);
  const all = await Promise.all(
    names.map(async (name) => {
      const found = await readAs(documents, name, schema);
      return found && { partitionId: name.slice(prefix.length), ...found };
    }),
  );
  return all.filter((each) => each !== undefined);
};

/**
 * The SDK's checkpoint store over documents: one document for each partition's owner, `ownership/<namespace>/<hub>/<group>/<partition>`,
 * and one for its checkpoint, `checkpoint/…`. Namespace, hub and group are compared without regard to case.
 *
 * An owner is replaced only by who has read it (the etag is the document's), so of any number who claim a partition at once one
 * succeeds; the others are left out of what `claimOwnership` returns. Its time is `now()`, ms since the epoch, on the clock of
 * who claims. A checkpoint is the last one written, as in the SDK's own stores.
 *
 * Every method throws what the documents throw, and an error with its name where a document does not hold what it should.
 */
export const createCheckpointStore = (documents: DocumentStore, now: () => number = Date.now): CheckpointStore => {
  const claim = async (wanted: PartitionOwnership): Promise<PartitionOwnership[]> => {
    const stored = { ownerId: wanted.ownerId, lastModifiedTimeInMs: now() };
    try {
      const etag = await documents.write(nameOf('ownership', wanted), stored, wanted.etag);
      return [{ ...wanted, ...stored, etag }];
    } catch (error) {
      if (error instanceof DocumentConflictError) return [];
      throw error;
    }
  };

  return {
    async listOwnership(fullyQualifiedNamespace, eventHubName, consumerGroup) {
      const group = { fullyQualifiedNamespace, eventHubName, consumerGroup };
      const found = await readAll(documents, prefixOf('ownership', group), ownershipDocument);
      return found.map(({ partitionId, value, etag }) => ({ ...group, partitionId, ...value, etag }));
    },

    async claimOwnership(wanted) {
      return (await Promise.all(wanted.map(claim))).flat();
    },

    async updateCheckpoint(checkpoint: Checkpoint) {
      const name = nameOf('checkpoint', checkpoint);
      const value = { sequenceNumber: checkpoint.sequenceNumber, offset: checkpoint.offset };
      for (;;) {
        const before = await documents.read(name);
        try {
          await documents.write(name, value, before?.etag);
          return;
        } catch (error) {
          // Somebody else was faster, and what they wrote is to be replaced as well.
          if (!(error instanceof DocumentConflictError)) throw error;
        }
      }
    },

    async listCheckpoints(fullyQualifiedNamespace, eventHubName, consumerGroup) {
      const group = { fullyQualifiedNamespace, eventHubName, consumerGroup };
      const found = await readAll(documents, prefixOf('checkpoint', group), checkpointDocument);
      return found.map(({ partitionId, value }) => ({ ...group, partitionId, ...value }));
    },
  };
};
