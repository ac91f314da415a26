import { bookingPaymentJoined, eventQuarantined, joinProgress, readMessage } from '@boxoffice/schemas';
import type { BookingPaymentJoined, EventQuarantined, JoinProgress } from '@boxoffice/schemas';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { booking, payment } from './fixtures/events.ts';
import type { FakeBroker } from './fixtures/fake-broker.ts';
import { contentOf, expected } from './fixtures/oracle.ts';
import { checkpointOf, config, play, steps } from './fixtures/play.ts';

/*
 * The service's own loop, against hubs and a store that live in memory: any interleaving, repeated messages, late events, lost
 * acknowledgements, processes that are killed, put to sleep and woken as zombies, two owners at once.
 */
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

const contents = { bookings: packed(bookingEvent), payments: packed(paymentEvent) };

test(
  'whatever happens to the processes, the outputs and the ledger are one function of the two logs',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(steps(contents), fc.nat(), async (schedule, seed) => {
        const broker = await play(schedule, seed);
        const want = expected(broker.log('bookings'), broker.log('payments'), config);
        expect([...outputsOf(broker)].toSorted()).toEqual([...want.outputs].toSorted());
        expect(checkpointOf(broker)).toMatchObject({ ledger: want.ledger, outputs: want.counts });
      }),
      { numRuns: 6000 },
    );
  },
);
