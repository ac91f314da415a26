import fc from 'fast-check';
import { expect, test } from 'vitest';
import { balance } from './balance.ts';

const leaseMs = 60;
const everyMs = leaseMs / 3;
/** As far as two clocks may be apart: a record is a look old when it is read, and must not seem older than the lease. */
const skewMs = leaseMs / 4;

interface Instance {
  readonly id: string;
  skew: number;
  /** What it has decided and not yet written, upon which states. */
  plan: { readonly partitionId: string; readonly etag: number }[];
}

/** Instances that share records of which each is replaced only by who has read it. */
const createFleet = (count: number) => {
  const partitions = Array.from({ length: count }, (_, partition) => String(partition));
  const stored = new Map<string, { ownerId: string; lastModifiedTimeInMs: number; etag: number }>();
  const living = new Map<string, Instance>();
  let clock = 1_000_000;
  let etags = 0;

  const write = (partitionId: string, etag: number, ownerId: string, lastModifiedTimeInMs: number): boolean => {
    if ((stored.get(partitionId)?.etag ?? 0) !== etag) return false;
    stored.set(partitionId, { ownerId, lastModifiedTimeInMs, etag: ++etags });
    return true;
  };
  const ownedBy = (id: string) => partitions.filter((partition) => stored.get(partition)?.ownerId === id);

  return {
    living,
    pass: (ms: number) => (clock += ms),
    owners: () => partitions.map((partition) => stored.get(partition)?.ownerId ?? ''),
    ownedBy,
    join: (id: string) => living.set(id, { id, skew: 0, plan: [] }),
    die: (id: string) => living.delete(id),
    leave(id: string) {
      if (!living.delete(id)) return;
      for (const partition of ownedBy(id)) write(partition, stored.get(partition)?.etag ?? 0, '', clock);
    },
    look(instance: Instance) {
      const ownerships = [...stored].map(([partitionId, record]) => ({ partitionId, ...record }));
      const now = clock + instance.skew;
      const { keep, claim } = balance({ partitions, ownerships, me: instance.id, now, leaseMs });
      instance.plan = [...keep, ...claim].map((partitionId) => ({ partitionId, etag: stored.get(partitionId)?.etag ?? 0 }));
    },
    /** Writes what was decided, and returns the partitions for which that succeeded. */
    write(instance: Instance): string[] {
      const { id, plan, skew } = instance;
      instance.plan = [];
      return plan.flatMap(({ partitionId, etag }) => (write(partitionId, etag, id, clock + skew) ? [partitionId] : []));
    },
  };
};

const who = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('join' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('die' as const, 'leave' as const), who }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('look' as const, 'write' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('skew' as const), who, ms: fc.integer({ min: -skewMs, max: skewMs }) }) },
  // Time passes, the machine sleeps, or its clock is set, for all alike.
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 20, 59, 500, -1, -40, -5000) }) },
);
/** How the looks of a cycle interleave: in which order, and whether all have read before the first one writes. */
const cycle = fc.record({ order: fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e'], { minLength: 5 }), together: fc.boolean() });

test('whatever came before, a fleet that is left alone soon shares all partitions fairly, and then nothing moves', () => {
  const world = fc.record({
    count: fc.integer({ min: 1, max: 12 }),
    steps: fc.array(step, { maxLength: 60 }),
    survivor: who,
    cycles: fc.array(cycle, { minLength: 60, maxLength: 60 }),
  });
  fc.assert(
    fc.property(world, ({ count, steps, survivor, cycles }) => {
      const fleet = createFleet(count);
      for (const each of steps) {
        if (each.do === 'pass') {
          fleet.pass(each.ms);
          continue;
        }
        if (each.do === 'join' || each.do === 'die' || each.do === 'leave') {
          fleet[each.do](each.who);
          continue;
        }
        const instance = fleet.living.get(each.who);
        if (!instance) continue;
        if (each.do === 'skew') instance.skew = each.ms;
        else if (each.do === 'look') fleet.look(instance);
        else fleet.write(instance);
      }
      fleet.join(survivor);

      // Whoever died is taken for alive until its lease ends, two leases after a clock was set back; then each cycle moves at
      // least one partition, and no more than all have to move.
      const settled = 3 * (leaseMs / everyMs) + count + fleet.living.size;
      let before: string[] = [];
      for (const [number, { order, together }] of cycles.entries()) {
        fleet.pass(everyMs);
        const instances = order.flatMap((id) => fleet.living.get(id) ?? []);
        const mine = new Map<string, string[]>();
        if (together) for (const instance of instances) fleet.look(instance);
        for (const instance of instances) {
          if (!together) fleet.look(instance);
          mine.set(instance.id, fleet.write(instance).toSorted());
          expect(mine.get(instance.id)).toEqual(fleet.ownedBy(instance.id).toSorted());
        }
        if (number > settled) expect(fleet.owners()).toEqual(before);
        before = fleet.owners();
      }
      const shares = [...fleet.living.keys()].map((id) => fleet.ownedBy(id).length);
      expect(shares.reduce((sum, each) => sum + each, 0)).toBe(count);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
    }),
    { numRuns: 300 },
  );
});
