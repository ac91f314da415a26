import { HubError } from '@boxoffice/hubs';
import { writeEvent } from '@boxoffice/schemas';
import { createLogger } from '@boxoffice/service-kit';
import { expect, test } from 'vitest';
import { createJoinerApp } from './app.ts';
import { booking, payment } from './fixtures/events.ts';
import { createFakeBroker, macrotask } from './fixtures/fake-broker.ts';
import { checkpointOf, config, mine, startInstance } from './fixtures/play.ts';
import { createOperations } from './operations.ts';

const log = createLogger('joiner', 'silent');
const at = Date.now() - 3_600_000;

/** A joiner with one pair, at rest, and its HTTP surface. */
const startService = async (broken = false) => {
  const broker = createFakeBroker(() => 0.9);
  broker.append('bookings', 0, writeEvent(booking('a', at)).body);
  broker.append('payments', 0, writeEvent(payment('a', at + 1000)).body);
  const { owned, hubs, documents, ...instance } = startInstance(broker, { idleAfterMs: 3_600_000 });
  let settled = false;
  const joiner = { ...instance.joiner, settled: () => settled };
  const away = { ...hubs, sequenceNumberAt: () => Promise.reject(new HubError('five readers are there already')) };
  const operations = broken ? createOperations(config, away, documents, joiner) : instance.operations;
  const app = await createJoinerApp({ hubs, joiner, operations, log, now: () => at + 3_600_000 });
  const before = await app.inject('/readyz');
  await owned.keep(mine);
  settled = true;
  while ((checkpointOf(broker)?.readTo.payments ?? -1) < 0) await macrotask();
  return { app, owned, before, broker };
};

test('where a pair stands is told, and ready is who has passed the barrier', async () => {
  const { app, owned, before } = await startService();
  expect([before.statusCode, (await app.inject('/readyz')).statusCode]).toEqual([503, 200]);
  const answer = await app.inject('/v1/partitions');
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({
    partitions: [
      {
        partition: 0,
        phase: 'live',
        generation: 1,
        bookings: { readTo: 0, checkpointedTo: 0, lag: 0, lagSeconds: 0, held: null },
        ledger: { received: 2, opened: 1, payments: 1, lost: 0 },
        outputs: { matched: 1 },
        standing: { detail: expect.stringContaining('bookings') },
      },
    ],
  });
  const metrics = (await app.inject('/metrics')).body;
  for (const line of [
    'joiner_lag_messages{partition="0",input="bookings",service="joiner"} 0',
    'joiner_standing{partition="0",reason="refused",service="joiner"} 0',
    'joiner_generation{partition="0",service="joiner"} 1',
  ])
    expect(metrics).toContain(line);
  await owned.stop();
});

test('the past is asked for by an instant or from the earliest, and by nothing else', async () => {
  const { app, owned, broker } = await startService();
  const ask = (payload: unknown) =>
    app.inject({
      method: 'POST',
      url: '/v1/replay',
      payload: JSON.stringify(payload),
      headers: { 'content-type': 'application/json' },
    });
  for (const bad of [{}, { from: 1 }, { from: 'yesterday' }, { from: 'earliest', to: 'latest' }, [], null]) {
    const answer = await ask(bad);
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([400, 'application/problem+json']);
  }
  expect(checkpointOf(broker)?.generation).toBe(1);
  const earliest = await ask({ from: 'earliest' });
  expect([earliest.statusCode, earliest.json()]).toEqual([202, { partitions: [{ partition: 0, bookings: 0, payments: 0 }] }]);
  expect((await ask({ from: new Date().toISOString() })).statusCode).toBe(202);
  await owned.stop();
});

test('a replay that the hubs do not answer changes nothing, and says so', async () => {
  const { app, owned, broker } = await startService(true);
  const before = checkpointOf(broker);
  const answer = await app.inject({ method: 'POST', url: '/v1/replay', payload: { from: new Date().toISOString() } });
  expect([answer.statusCode, answer.json().detail]).toEqual([503, expect.stringContaining('Nothing was changed')]);
  expect(checkpointOf(broker)).toEqual(before);
  await owned.stop();
});

test('a loss is accepted of the pair that is named, and of no other', async () => {
  const { app, owned } = await startService();
  const accept = async (partition: string) =>
    (await app.inject({ method: 'POST', url: `/v1/partitions/${partition}/accept-loss` })).statusCode;
  expect(await accept('0')).toBe(409);
  expect(await accept('1')).toBe(404);
  for (const none of ['', '%20', '0x0', '1e0', '+0', '-1', '1.5', '99999', 'zero'])
    expect([none, await accept(none)]).toEqual([none, 400]);
  await owned.stop();
});
