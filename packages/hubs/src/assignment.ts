import { setTimeout as wait } from 'node:timers/promises';
import type { CheckpointStore, PartitionOwnership } from '@azure/event-hubs';
import { balance } from './balance.ts';
import type { HubsLog } from './hubs.ts';

/** What to share, with whom, and how often to look. */
export interface AssignmentOptions {
  /** Where the instances leave their records. */
  readonly store: Pick<CheckpointStore, 'listOwnership' | 'claimOwnership'>;
  /** @see Hubs.namespace */
  readonly namespace: string;
  readonly hub: string;
  /** The consumer group within which the partitions are shared. */
  readonly group: string;
  /** How many partitions the hub has. */
  readonly partitions: number;
  /** No two living instances may have the same; one that is restarted under its old id goes on owning what it owned. */
  readonly instanceId: string;
  /** An instance that has not looked for so long counts as dead. */
  readonly leaseMs: number;
  /** From one look to the next; a third of the lease if not given. */
  readonly everyMs?: number;
  readonly log: HubsLog;
  readonly signal: AbortSignal;
  /** Ms since the epoch. */
  readonly now?: () => number;
}

/**
 * Shares a hub's partitions among the instances of a group, and yields those that are ours after every look at the records, the
 * first at once. The caller starts and stops work by the difference, and comes back soon: the lease is renewed only when the next
 * set is asked for, so what takes long belongs beside the loop.
 *
 * A set says who should read, and does not keep anybody else from it: between two looks an owner may lose a partition and not
 * know yet. Whoever takes it over claims its state under a higher generation and reads with that as owner level, which ends the
 * one before. So a store that does not answer is reported once and asked again at the next look, and meanwhile the last set stands.
 *
 * When the signal aborts an empty set is yielded, for the caller to end its work; when it comes back, or leaves the loop at any
 * time, our records are released, so that others take over at once and need not wait for the lease to end.
 */
export async function* assignPartitions(options: AssignmentOptions): AsyncGenerator<ReadonlySet<number>, void, undefined> {
  const { store, namespace, hub, group, instanceId, leaseMs, log, signal } = options;
  const { everyMs = leaseMs / 3, now = Date.now } = options;
  const partitions = Array.from({ length: options.partitions }, (_, partition) => String(partition));
  const list = () => store.listOwnership(namespace, hub, group);
  let answers = true;

  const look = async (): Promise<ReadonlySet<number>> => {
    const ownerships = await list();
    const { keep, claim } = balance({ partitions, ownerships, me: instanceId, now: now(), leaseMs });
    const found = new Map(ownerships.map(({ partitionId, etag }) => [partitionId, etag]));
    const wanted = [...keep, ...claim].map((partitionId): PartitionOwnership => {
      const etag = found.get(partitionId);
      const key = { fullyQualifiedNamespace: namespace, eventHubName: hub, consumerGroup: group, partitionId };
      return { ...key, ownerId: instanceId, ...(etag !== undefined && { etag }) };
    });
    return new Set((await store.claimOwnership(wanted)).map(({ partitionId }) => Number(partitionId)));
  };

  const release = async (): Promise<void> => {
    const ours = (await list()).filter(({ ownerId }) => ownerId === instanceId);
    await store.claimOwnership(ours.map((each) => ({ ...each, ownerId: '' })));
  };

  try {
    while (!signal.aborted) {
      const lookedAt = performance.now();
      const mine = await look().catch((error: unknown) => {
        if (answers) log.warn({ hub, group, error }, 'the store of partition owners does not answer; trying on');
        answers = false;
      });
      if (mine) {
        answers = true;
        yield mine;
      }
      const restMs = Math.max(0, lookedAt + everyMs - performance.now());
      await wait(restMs, undefined, { signal }).catch(() => undefined);
    }
    yield new Set();
  } finally {
    await release().catch((error: unknown) => {
      log.warn({ hub, group, error }, 'partitions could not be released; they are free when their lease ends');
    });
  }
}
