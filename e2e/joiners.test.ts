import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { drain } from '../apps/local-stack/src/drain.ts';
import { ServiceError } from '../apps/local-stack/src/fetch-json.ts';
import { joiningOf } from '../apps/local-stack/src/joining.ts';
import type { JoiningPair } from '../apps/local-stack/src/joining.ts';
import { readRun } from '../apps/local-stack/src/once.ts';
import { finishedPeriod, lastCloseOf, maxDelayS } from '../apps/local-stack/src/period.ts';
import { createServices } from '../apps/local-stack/src/services.ts';
import { sharedLeaseMs, startStack } from '../apps/local-stack/src/stack.ts';
import type { Stack } from '../apps/local-stack/src/stack.ts';
import { readTopology } from '../apps/local-stack/src/topology.ts';
import { judge } from '../apps/local-stack/src/verdict.ts';
import { messagesOf } from '../packages/runs/src/index.ts';
import { bookingSends, runId, truth } from '../packages/scenario/src/index.ts';
import type { RunSpec } from '../packages/scenario/src/index.ts';
import { disturb } from './chaos.ts';
import { countSent } from './joined-ids.ts';
import { processesOf, temporaryFolder } from './stack-process.ts';

const loadSeconds = 60;
const bookings = 20_000;

/** A day of bookings in a minute, evenly, so that payments follow and windows close all the time. */
const publishEvenly = async ({ hubs }: Stack, spec: RunSpec): Promise<void> => {
  const sends = [...bookingSends(spec)];
  const publisher = hubs.publisher('bookings');
  const partitions = await hubs.partitionCount('bookings');
  const steps = 10 * loadSeconds;
  const startedAt = Date.now();
  for (let step = 0; step < steps; step++) {
    const share = (part: number) => Math.floor((sends.length * part) / steps);
    await publisher.publish(messagesOf(sends.slice(share(step), share(step + 1)), { packing: spec.packing, partitions }));
    await wait(Math.max(0, startedAt + 100 * (step + 1) - Date.now()));
  }
};

/** Everything is published by then, and nobody watches. */
const patience = { unpublished: async () => 0, onLook: async () => undefined, stallMs: 60_000 };

const sumOf = (pairs: readonly JoiningPair[], figure: (pair: JoiningPair) => number): number =>
  pairs.reduce((sum, pair) => sum + figure(pair), 0);

test(
  'three joiners that are killed and stand still in turn under load hand their partitions over, and every figure is right',
  { timeout: 240_000 },
  async () => {
    using temporary = temporaryFolder();
    const { signal } = new AbortController();
    await using stack = await startStack({
      topology: readTopology(),
      ports: {},
      data: temporary.folder,
      fresh: true,
      idleAfterMs: 3000,
      packing: 1,
      joiners: 3,
      say: () => undefined,
      signal,
    });
    const services = createServices(stack);
    const period = finishedPeriod(Date.now(), undefined);
    const [from, to] = [new Date(period.from).toISOString(), new Date(period.to).toISOString()];
    const spec = { seed: 7, profile: 'all-faults', packing: 1, maxDelayS, from, to, bookings } as const;
    const before = await services.joining();

    /** By partition, every joiner that was seen to join it. */
    const owners = new Map<number, Set<string>>();
    const lookWho = async ({ name, url }: Stack['joiners'][number]): Promise<void> => {
      const { partitions } = await joiningOf([url]).catch((error: unknown) => {
        if (error instanceof ServiceError) return { partitions: [] };
        throw error;
      });
      for (const { partition, phase } of partitions)
        if (phase === 'live') owners.set(partition, (owners.get(partition) ?? new Set()).add(name));
    };
    const loaded = new AbortController();
    const [first, ...others] = stack.joiners.map(({ name }) => name);
    if (first === undefined) throw new Error('a stack without a joiner');
    const chaos = disturb({
      names: [first, ...others],
      pidOf: (name) => processesOf(temporary.folder)[name]?.pid,
      seed: 7,
      standsStillMs: 1.5 * sharedLeaseMs,
      onLook: async () => void (await Promise.all(stack.joiners.map(lookWho))),
      signal: loaded.signal,
    });
    const [, disturbances] = await Promise.all([publishEvenly(stack, spec).finally(() => loaded.abort()), chaos]);
    const { hubs } = stack;
    await drain({ ...patience, hubs, services, signal, closedTo: lastCloseOf(period) });

    const expected = truth(spec);
    const id = runId(spec);
    const verdict = judge(id, expected, await readRun(services, id, {}));
    expect(verdict).toMatchObject({ ok: true, missing: 0, duplicates: 0, differences: [] });

    // A takeover: a joiner has a partition that it did not have, or has again what it had, under a new generation.
    const { partitions } = await services.joining();
    expect(new Set(disturbances.map(({ how }) => how)).size, JSON.stringify(disturbances)).toBe(2);
    expect(sumOf(partitions, ({ generation }) => generation)).toBeGreaterThan(
      sumOf(before.partitions, ({ generation }) => generation),
    );
    const moved = [...owners.values()].filter(({ size }) => size > 1);
    expect(moved.length, JSON.stringify([...owners].map(([n, names]) => [n, ...names]))).toBeGreaterThan(0);

    // What the ledgers count, without repetition, is what was sent, without repetition.
    const ledger = {
      'booking-opened': sumOf(partitions, (pair) => pair.ledger.opened),
      'refund-recorded': sumOf(partitions, (pair) => pair.ledger.refunds),
      late: sumOf(partitions, (pair) => pair.ledger.late),
      quarantined: sumOf(partitions, (pair) => pair.ledger.quarantined),
      matched: sumOf(partitions, (pair) => pair.outputs.matched),
      'booking-unmatched': sumOf(partitions, (pair) => pair.outputs.bookingUnmatched),
      'payment-unmatched': sumOf(partitions, (pair) => pair.outputs.paymentUnmatched),
    };
    expect(ledger).toEqual(await countSent(stack.hubs));
    expect(Object.values(ledger).every((count) => count > 0)).toBe(true);
  },
);
