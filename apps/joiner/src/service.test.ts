import { bookingPaymentJoined, bookingPlaced, eventQuarantined, joinProgress, readMessage, writeEvent } from '@boxoffice/schemas';
import type { BookingPaymentJoined, EventQuarantined, JoinProgress } from '@boxoffice/schemas';
import { createLogger } from '@boxoffice/service-kit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pairCheckpoint } from './checkpoint.ts';
import { readConfig } from './config.ts';
import { booking, payment } from './fixtures/events.ts';
import { createFakeBroker, createLife } from './fixtures/fake-broker.ts';
import type { FakeBroker } from './fixtures/fake-broker.ts';
import { contentOf, expected } from './fixtures/oracle.ts';
import { inputs } from './inputs.ts';
import type { Input } from './inputs.ts';
import { createOwned } from './owned.ts';

/*
 * The service's own loop, against hubs and a store that live in memory: any interleaving, repeated messages, late events, lost
 * acknowledgements, processes that are killed, put to sleep and woken as zombies, two owners at once.
 */
const config = readConfig({
  EVENT_HUBS_NAMESPACE: 'fake.example',
  BEFORE_MS: '2000',
  AFTER_MS: '5000',
  BOUND_MS: '3000',
  SKEW_MS: '600000',
  ALIGNMENT_MS: '4000',
  IDLE_AFTER_MS: '0',
  TICK_TOLERANCE_MS: '0',
  LOOK_EVERY_MS: '0',
  CHECKPOINT_EVERY_MS: '10',
  PACKING: '3',
  OUTBOX_EVENTS: '6',
});
const log = createLogger('joiner', 'silent');
const quiet = { note: () => undefined };
const macrotask = () => new Promise<void>((resolve) => setImmediate(resolve));

/** One process with the pair of partition 0. */
const startInstance = (broker: FakeBroker) => {
  const life = createLife();
  const owned = createOwned({
    config: { ...config, checkpointEveryMs: 0 },
    hubs: broker.hubsFor(life),
    documents: broker.storeFor(life),
    knowledge: { showOf: () => null, bookings: bookingPlaced },
    mirror: quiet,
    log,
    giveUp: new AbortController().signal,
  });
  return { life, owned };
};
type Instance = ReturnType<typeof startInstance>;

const document = 'joiner-bookings-payments-0';
const checkpointOf = (broker: FakeBroker) => {
  const found = broker.document(document);
  return found === undefined ? undefined : pairCheckpoint.parse(found);
};

const facts = ({ data }: BookingPaymentJoined): string => {
  const of = (name: 'booking' | 'payment') => (name in data ? contentOf(Reflect.get(data, name).event) : '');
  return 'closedAt' in data && !('payment' in data) ? data.closedAt : `${of('booking')}${of('payment')}`;
};

/** What the joined and the quarantine hub hold, as the oracle names it. */
const outputsOf = (broker: FakeBroker): Set<string> => {
  const contracts: [typeof bookingPaymentJoined, typeof joinProgress, typeof eventQuarantined] = [
    bookingPaymentJoined,
    joinProgress,
    eventQuarantined,
  ];
  const read = ['joined', 'quarantine'].flatMap((hub) =>
    broker.log(hub).flatMap(({ body }) => readMessage<[BookingPaymentJoined, JoinProgress, EventQuarantined]>(body, contracts)),
  );
  return new Set(
    read.flatMap((reading) => {
      if (!reading.ok) throw new Error(`what was published cannot be read: ${reading.detail}`);
      const { event } = reading;
      if (event.type === 'join.progress') return [];
      return event.type === 'event.quarantined' ? [`${event.id} = `] : [`${event.id} = ${facts(event)}`];
    }),
  );
};

/** Runs an instance until it has read and remembered both logs, and nothing that a tick could close is open. */
const settle = async (broker: FakeBroker, { owned }: Instance): Promise<void> => {
  for (let turn = 0; ; turn++) {
    await owned.look();
    await macrotask();
    const pair = owned.pairs()[0]?.run?.pair;
    const written = checkpointOf(broker);
    const read = inputs.every((input) => (written?.readTo[input] ?? -1) >= broker.log(input).length - 1);
    const marks = pair?.watermarks();
    if (read && pair?.phase === 'live' && (pair.lastClose() === undefined || marks?.joined === -Infinity)) return;
    if (turn > 20_000) throw new Error(`it does not settle: ${JSON.stringify({ written, marks, pair: pair?.status() })}`);
  }
};

const base = Date.now() - 3_600_000;
const name = fc.constantFrom('a', 'b', 'c');
const second = fc.nat({ max: 30 }).map((seconds) => base + seconds * 1000);
const edge = fc.constantFrom(-1, 0, 0, 0, 1);
const at = fc.tuple(second, edge).map(([ms, more]) => ms + more);
const content = fc.constantFrom(100, 100, 100, 200);
const junk = fc.constantFrom<object>([], { type: 'x' });
const early = fc.constant(Date.now() + 40 * 60_000);

const bookingEvent = fc
  .tuple(name, fc.oneof({ weight: 30, arbitrary: at }, early), content, fc.boolean())
  .map(([subject, ms, totalMinor, own]) => booking(subject, ms, { totalMinor, ...(own && { id: `${subject}-own` }) }));
const paymentEvent = fc
  .tuple(name, at, fc.constantFrom('captured', 'captured', 'declined', 'refunded'), content, fc.boolean())
  .map(([subject, ms, kind, amountMinor, own]) =>
    payment(subject, ms, kind, { amountMinor, ...(own && { id: `${subject}-own` }) }),
  );
const packed = (event: fc.Arbitrary<object>) =>
  fc.oneof({ weight: 4, arbitrary: event }, fc.array(event, { minLength: 1, maxLength: 3 }), junk);

type Step =
  | { readonly do: 'publish'; readonly input: Input; readonly content: object }
  | { readonly do: 'turns'; readonly count: number }
  | { readonly do: 'kill' | 'sleep' | 'wake' | 'start' | 'give' | 'take'; readonly which: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: packed(bookingEvent).map((each): Step => ({ do: 'publish', input: 'bookings', content: each })) },
  { weight: 6, arbitrary: packed(paymentEvent).map((each): Step => ({ do: 'publish', input: 'payments', content: each })) },
  { weight: 5, arbitrary: fc.nat({ max: 25 }).map((count): Step => ({ do: 'turns', count })) },
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.constantFrom('kill', 'sleep', 'wake', 'start', 'give', 'take'), fc.nat({ max: 2 }))
      .map(([what, which]): Step => ({ do: what, which })),
  },
);

/** A random number generator of one's own, so that a schedule is the same whenever it is tried again. */
const chanceOf = (seed: number) => () => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};

const mine = new Set([0]);

const play = async (steps: readonly Step[], seed: number): Promise<FakeBroker> => {
  const broker = createFakeBroker(chanceOf(seed));
  const instances: Instance[] = [];
  for (const each of steps) {
    if (each.do === 'publish') broker.append(each.input, 0, writeEvent(each.content).body);
    else if (each.do === 'turns') for (let left = each.count; left > 0; left--) await macrotask();
    else if (each.do === 'start') {
      const instance = startInstance(broker);
      instances[each.which] = instance;
      void instance.owned.keep(mine);
    } else {
      const instance = instances[each.which];
      if (!instance) continue;
      const { life, owned } = instance;
      if (each.do === 'take' || each.do === 'give') void owned.keep(each.do === 'take' ? mine : new Set());
      else {
        life[each.do]();
        if (each.do === 'kill') delete instances[each.which];
      }
    }
  }
  for (const { life } of Object.values(instances)) life.wake();
  const last = startInstance(broker);
  await last.owned.keep(mine);
  for (const { owned } of Object.values(instances)) await owned.keep(new Set());
  await settle(broker, last);
  await last.owned.stop();
  return broker;
};

test(
  'whatever happens to the processes, the outputs and the ledger are one function of the two logs',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), fc.nat(), async (steps, seed) => {
        const broker = await play(steps, seed);
        const want = expected(broker.log('bookings'), broker.log('payments'), config);
        expect([...outputsOf(broker)].toSorted()).toEqual([...want.outputs].toSorted());
        expect(checkpointOf(broker)).toMatchObject({ ledger: want.ledger, outputs: want.counts });
      }),
      { numRuns: 5000 },
    );
  },
);
