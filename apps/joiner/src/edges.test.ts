import { Writable } from 'node:stream';
import { tickEvent, writeEvent } from '@boxoffice/schemas';
import { createLogger } from '@boxoffice/service-kit';
import { expect, test } from 'vitest';
import type { Config } from './config.ts';
import { booking, payment } from './fixtures/events.ts';
import { createFakeBroker, macrotask } from './fixtures/fake-broker.ts';
import type { FakeBroker } from './fixtures/fake-broker.ts';
import { checkpointOf, mine, settle, startInstance } from './fixtures/play.ts';
import type { Input } from './inputs.ts';

/*
 * What a pair does when its past is not what it was: other settings, retention, hubs that were wiped, and a past that is to be read
 * again. Seconds after `start`; a payment may come 2 before and 5 after its booking, and events 3 out of order.
 */
const start = Date.now() - 3_600_000;
const second = (n: number) => start + n * 1000;

const calmBroker = () => createFakeBroker(() => 0.9);
const publish = (broker: FakeBroker, input: Input, ...events: readonly object[]) => {
  for (const event of events) broker.append(input, 0, writeEvent(event).body);
};
const b = (name: string, at: number) => booking(name, second(at), { id: name });
const p = (name: string, at: number) => payment(name, second(at), 'captured', { id: `${name}p` });
const tick = (input: Input, at: number) => tickEvent(input, 0, second(at));

const idsOn = (broker: FakeBroker, from = 0): string[] =>
  broker
    .log('joined')
    .slice(from)
    .flatMap(({ body }) => {
      const value = JSON.parse(Buffer.from(body).toString());
      return Array.isArray(value) ? value : [value];
    })
    .flatMap(({ id, type }) => (type === 'join.progress' ? [] : [id]));

/** A process that joins the pair, with what it says in its log. No ticks of its own, unless it is told to give some. */
const startJoiner = (broker: FakeBroker, settings: Partial<Config> = {}) => {
  const said: string[] = [];
  const log = createLogger('joiner', 'info', new Writable({ write: (line, _, done) => (said.push(String(line)), done()) }));
  return { said, ...startInstance(broker, { idleAfterMs: 3_600_000, ...settings }, log) };
};
type Started = ReturnType<typeof startJoiner>;

const until = async (what: string, look: () => boolean): Promise<void> => {
  for (let left = 200_000; !look(); left--) {
    if (left === 0) throw new Error(`it never came to this: ${what}`);
    await macrotask();
  }
};
/** Everything is read and remembered; windows may be open. */
const untilRead = (broker: FakeBroker): Promise<void> =>
  until('everything is read', () =>
    (['bookings', 'payments'] as const).every(
      (input) => (checkpointOf(broker)?.readTo[input] ?? -1) === broker.log(input).length - 1,
    ),
  );
const joinAll = async (broker: FakeBroker, settings: Partial<Config> = {}): Promise<Started> => {
  const joiner = startJoiner(broker, settings);
  await joiner.owned.keep(mine);
  await untilRead(broker);
  return joiner;
};
const stop = ({ owned }: Started) => owned.stop();

test('under other settings what was open is joined again under them and said again, and nothing is counted twice', async () => {
  const broker = calmBroker();
  publish(broker, 'bookings', b('old', 0), b('a', 20), b('c', 22));
  publish(broker, 'payments', p('old', 1), p('a', 21), p('c', 28));
  await stop(await joinAll(broker));
  expect(idsOn(broker)).not.toContain('matched:c:cp');
  const before = checkpointOf(broker);
  const from = broker.log('joined').length;

  const joiner = await joinAll(broker, { afterMs: 6000 });
  publish(broker, 'payments', p('a2', 29));
  await untilRead(broker);
  await stop(joiner);
  expect(joiner.said.join('')).toContain('the settings of the join have changed');
  const again = idsOn(broker, from);
  expect(again).toEqual(expect.arrayContaining(['booking-opened:a', 'matched:a:ap', 'booking-opened:c', 'matched:c:cp']));
  // What was closed long ago is not opened again.
  expect(again).not.toContain('booking-opened:old');
  const after = checkpointOf(broker);
  expect(after?.ledger).toEqual({ ...before?.ledger, received: 7, payments: 4 });
});

test('what was to be read again is gone: it goes on from the oldest, says so, and says of nobody that he has no partner who may be among the lost', async () => {
  const broker = calmBroker();
  publish(broker, 'bookings', b('a', 20), b('c', 21), b('d', 22));
  publish(broker, 'payments', p('x', 20), p('y', 23));
  await stop(await joinAll(broker));
  broker.deleteBefore('bookings', 0, 2);
  const from = broker.log('joined').length;

  const joiner = startJoiner(broker);
  await joiner.owned.keep(mine);
  publish(broker, 'bookings', b('e', 40), tick('bookings', 100));
  publish(broker, 'payments', p('e', 41), p('z', 45), tick('payments', 100));
  await untilRead(broker);
  await stop(joiner);
  expect(joiner.said.join('')).toMatch(/retention has deleted what was to be read again.*|"from":0,"to":1/);
  // x and y may have had their bookings among what is gone; z, whose window begins later than that, has had none for certain.
  expect(idsOn(broker, from).toSorted()).toEqual([
    'booking-opened:e',
    'booking-unmatched:d',
    'late:payments:0:0:0',
    'late:payments:0:1:0',
    'matched:e:ep',
    'payment-unmatched:z:zp',
  ]);
  expect(checkpointOf(broker)?.ledger).toMatchObject({ received: 8, opened: 4, payments: 2, late: 2, lost: 0 });
});

test('what was never read is gone: it refuses, says what is lost, and goes on when told to, with the exact loss in the ledger', async () => {
  const broker = calmBroker();
  publish(broker, 'bookings', b('a', 20));
  publish(broker, 'payments', p('a', 21));
  await stop(await joinAll(broker));
  publish(broker, 'bookings', b('c', 22), b('d', 23), b('e', 24), b('f', 40));
  broker.deleteBefore('bookings', 0, 4);
  const from = broker.log('joined').length;

  const joiner = startJoiner(broker);
  const { owned, operations, said } = joiner;
  await owned.keep(mine);
  await until('it refuses', () => owned.pairs()[0]?.refusal !== undefined);
  await owned.look();
  expect(owned.pairs()[0]).toMatchObject({ run: undefined, fenced: false, refusal: { input: 'bookings', kind: 'lost' } });
  expect(said.join('')).toMatch(
    /retention has deleted 3 bookings messages before they were read: this pair has read to sequence number 0, and the hub begins at 4.*accept-loss/,
  );
  expect(broker.log('joined')).toHaveLength(from);
  expect(await operations.acceptLoss(1)).toBe('not-owned');

  const twice = await Promise.all([operations.acceptLoss(0), operations.acceptLoss(0)]);
  expect(twice).toEqual([{ lost: 3 }, 'not-refused']);
  await untilRead(broker);
  expect(await operations.acceptLoss(0)).toBe('not-refused');
  publish(broker, 'payments', p('c', 23));
  await untilRead(broker);
  await stop(joiner);
  expect(idsOn(broker, from)).toEqual(['booking-opened:f']);
  expect(checkpointOf(broker)?.ledger).toMatchObject({ received: 4, opened: 2, payments: 2, lost: 3 });

  // A restart still knows that c may have been among the lost, and no longer whom a was matched with: a payment too many is told of
  // again, and none too few.
  const next = startJoiner(broker);
  await next.owned.keep(mine);
  publish(broker, 'bookings', tick('bookings', 3500));
  publish(broker, 'payments', tick('payments', 3500));
  await untilRead(broker);
  await stop(next);
  expect(idsOn(broker, from).toSorted()).toEqual([
    'booking-opened:f',
    'booking-unmatched:f',
    'late:payments:0:0:0',
    'late:payments:0:1:0',
  ]);
});

test.for([
  ['shorter than what was read', [b('n', 50)], /it ends at sequence number 0, and was read to 2/],
  ['as long as what was read', [b('n', 50), b('o', 51), b('q', 52), b('r', 53)], /the message at sequence number 2 came in at/],
] as const)('a hub that was wiped and is %s is refused, and begun anew when told to', async ([, events, words]) => {
  const broker = calmBroker();
  publish(broker, 'bookings', b('a', 20), b('c', 21), b('d', 22));
  publish(broker, 'payments', p('a', 21));
  await stop(await joinAll(broker));
  const before = checkpointOf(broker)?.ledger;
  broker.wipe('bookings');
  publish(broker, 'bookings', ...events);

  const joiner = startJoiner(broker);
  const { owned, operations, said } = joiner;
  await owned.keep(mine);
  await until('it refuses', () => owned.pairs()[0]?.refusal !== undefined);
  expect(owned.pairs()[0]?.refusal).toMatchObject({ input: 'bookings', kind: 'wiped', message: expect.stringMatching(words) });
  expect(said.join('')).toContain('is not the one that this pair has read');
  await operations.acceptLoss(0);
  await untilRead(broker);
  await stop(joiner);
  expect(idsOn(broker)).toEqual(expect.arrayContaining(events.map(({ subject }) => `booking-opened:${subject}`)));
  expect(checkpointOf(broker)?.ledger).toMatchObject({ opened: (before?.opened ?? 0) + events.length });
});

test('a reader that retention overtakes stops and refuses, and does not read on as if nothing were missing', async () => {
  const broker = calmBroker();
  publish(broker, 'bookings', b('a', 20));
  publish(broker, 'payments', p('a', 21));
  const joiner = await joinAll(broker);
  joiner.life.sleep();
  publish(broker, 'bookings', b('c', 22), b('d', 23), b('e', 24));
  broker.deleteBefore('bookings', 0, 3);
  joiner.life.wake();
  await until('it refuses', () => {
    void joiner.owned.look();
    return joiner.owned.pairs()[0]?.refusal !== undefined;
  });
  expect(joiner.owned.pairs()[0]?.refusal?.message).toContain('retention has deleted 2 bookings messages');
  await stop(joiner);
});

test('the past is read again on demand: everything is said again, nothing is counted again, and what comes meanwhile is joined', async () => {
  const broker = calmBroker();
  publish(broker, 'bookings', b('a', 20), b('c', 21), b('d', 40), tick('bookings', 60));
  publish(broker, 'payments', p('a', 21), p('c', 22), tick('payments', 60));
  const joiner = await joinAll(broker);
  const before = checkpointOf(broker);
  const from = broker.log('joined').length;
  const said = idsOn(broker);

  expect(await joiner.operations.replay('earliest')).toEqual([{ partition: 0, bookings: 0, payments: 0 }]);
  publish(broker, 'bookings', b('e', 61));
  publish(broker, 'payments', p('e', 62));
  await untilRead(broker);
  await stop(joiner);
  expect(idsOn(broker, from).toSorted()).toEqual([...said, 'booking-opened:e', 'matched:e:ep'].toSorted());
  expect(checkpointOf(broker)).toMatchObject({
    ledger: { ...before?.ledger, received: 7, opened: 4, payments: 3 },
    outputs: { matched: 3, bookingUnmatched: 1 },
  });
});

test('a past that begins at an instant begins there in each hub, and never later than what is still open', async () => {
  const broker = calmBroker();
  publish(broker, 'bookings', b('a', 20), b('c', 21), b('d', 200), b('e', 201));
  publish(broker, 'payments', p('a', 21), p('c', 22), p('d', 201));
  const joiner = await joinAll(broker);
  const open = checkpointOf(broker)?.replayFrom;
  const third = broker.log('bookings')[1]?.enqueuedAt ?? 0;
  const [begun] = (await joiner.operations.replay(third)) ?? [];
  expect(begun).toMatchObject({ bookings: 1 });
  const [late] = (await joiner.operations.replay(Date.now() + 1e6)) ?? [];
  expect(late?.bookings).toBeLessThanOrEqual(open?.bookings ?? -1);
  await stop(joiner);
});

test('a fenced owner appends no tick, and its checkpoint is not written', async () => {
  const broker = calmBroker();
  publish(broker, 'bookings', b('a', 20));
  publish(broker, 'payments', p('x', 20));
  const idleAfterMs = 60;
  const first = startJoiner(broker, { idleAfterMs, tickToleranceMs: 0, checkpointEveryMs: 3_600_000 });
  await first.owned.keep(mine);
  await until('the first has read', () => first.owned.pairs()[0]?.run?.pair.readTo().payments === 0);
  first.life.sleep();
  const next = startJoiner(broker);
  await next.owned.keep(mine);
  await until('the second has it', () => next.owned.pairs()[0]?.run?.pair.readTo().payments === 0);
  const ends = [broker.log('bookings').length, broker.log('payments').length];
  const asleep = Date.now();
  await until('both inputs have rested', () => Date.now() - asleep > 2 * idleAfterMs);
  // It wakes and finds that a tick is due for both.
  first.life.wake();
  await until('the first is fenced', () => first.owned.pairs()[0]?.fenced === true);
  expect([broker.log('bookings').length, broker.log('payments').length]).toEqual(ends);
  expect(checkpointOf(broker)?.generation).toBe(2);
  await stop(first);
  await stop(next);
});

test('idle inputs are told the time, and a hub that nobody ever wrote to is not', async () => {
  const broker = calmBroker();
  publish(broker, 'bookings', b('a', 20));
  const alone = startJoiner(broker, { idleAfterMs: 0, tickToleranceMs: 0 });
  await alone.owned.keep(mine);
  await settle(broker, alone);
  expect(broker.log('payments')).toHaveLength(0);
  publish(broker, 'payments', p('x', 20));
  await until(
    'both windows are closed',
    () => idsOn(broker).includes('booking-unmatched:a') && idsOn(broker).includes('payment-unmatched:x:xp'),
  );
  await stop(alone);
});
