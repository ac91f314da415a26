import type { PartitionOwnership } from '@azure/event-hubs';

/** What is known when an instance looks. */
export interface BalanceInput {
  /** The ids of all partitions. */
  readonly partitions: readonly string[];
  /** The records of who owns what, as they were read. */
  readonly ownerships: readonly Pick<PartitionOwnership, 'partitionId' | 'ownerId' | 'lastModifiedTimeInMs'>[];
  /** The owner id of the instance that looks. */
  readonly me: string;
  /** Ms since the epoch. */
  readonly now: number;
  readonly leaseMs: number;
}

/** What an instance should write. */
export interface Balance {
  /** Partitions that are mine, to be renewed. */
  readonly keep: readonly string[];
  /** Partitions to take: free ones, or one of somebody who has more than its share. */
  readonly claim: readonly string[];
}

/**
 * Decides what an instance renews and claims.
 *
 * A record holds while its owner id is not empty and it is younger than `leaseMs`; one from further ahead than that does not hold
 * either, so a clock that is set back keeps no dead owner. Whoever has a record that holds is alive, and so am I. My own records are
 * mine however old: nobody has taken them. All other partitions are free.
 *
 * The share of each is `floor(partitions / alive)`, and those who have most now keep one more while there is a remainder. The free
 * partitions and then those above somebody's share are dealt out, in order, to those below theirs; so two instances who read the same
 * records never want the same partition. I claim all free ones that are dealt to me at once, or else one that is somebody's: a fleet
 * settles with few changes of hands, and from then on nothing changes. It is the SDK's balanced strategy without its dice.
 */
export const balance = ({ partitions, ownerships, me, now, leaseMs }: BalanceInput): Balance => {
  const holds = ({ ownerId, lastModifiedTimeInMs: at = -Infinity }: BalanceInput['ownerships'][number]): boolean =>
    ownerId === me || (ownerId !== '' && Math.abs(now - at) < leaseMs);
  const ownerOf = new Map(ownerships.filter(holds).map(({ partitionId, ownerId }) => [partitionId, ownerId]));

  const owned = new Map<string, string[]>([[me, []]]);
  const free: string[] = [];
  for (const partition of partitions) {
    const owner = ownerOf.get(partition);
    if (owner === undefined) free.push(partition);
    else if (!owned.get(owner)?.push(partition)) owned.set(owner, [partition]);
  }
  const keep = owned.get(me) ?? [];

  const least = Math.floor(partitions.length / owned.size);
  const withOneMore = partitions.length % owned.size;
  const alive = [...owned]
    .toSorted(([a, ofA], [b, ofB]) => ofB.length - ofA.length || (a < b ? -1 : 1))
    .map(([owner, has], rank) => ({ owner, has, share: rank < withOneMore ? least + 1 : least }));

  const dealt = [...free, ...alive.flatMap(({ has, share }) => has.slice(share))];
  let next = 0;
  for (const { owner, has, share } of alive) {
    const missing = Math.max(0, share - has.length);
    if (owner === me) {
      const mine = dealt.slice(next, next + missing);
      const unowned = mine.filter((partition) => !ownerOf.has(partition));
      return { keep, claim: unowned.length > 0 ? unowned : mine.slice(0, 1) };
    }
    next += missing;
  }
  return { keep, claim: [] };
};
