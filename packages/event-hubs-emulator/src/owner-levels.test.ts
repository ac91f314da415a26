import { EventEmitter, once } from 'node:events';

import { expect, test } from 'vitest';
import { admit, MOST_SHARING } from './owner-levels.ts';
import { emulatorWithSdk, firstEvents } from './sdk-fixture.ts';

// A token is a level, or `-` for a receiver without one.
const contenders = (tokens: string) =>
  Array.from(tokens, (token, i) => ({ name: `${token}${i}`, level: token === '-' ? undefined : Number(token) }));

test.for([
  { name: 'the first comes in, with a level', holders: '', newcomer: '0', then: 'in, from nobody' },
  { name: 'the first comes in, without a level', holders: '', newcomer: '-', then: 'in, from nobody' },
  { name: 'a higher level takes the partition', holders: '1', newcomer: '2', then: 'in, from 10' },
  { name: 'an equal level takes it too', holders: '1', newcomer: '1', then: 'in, from 10' },
  { name: 'a lower level is refused', holders: '2', newcomer: '1', then: 'amqp:link:stolen' },
  { name: 'none is refused where there is a level', holders: '0', newcomer: '-', then: 'amqp:link:stolen' },
  { name: 'a level takes it from all without', holders: '---', newcomer: '0', then: 'in, from -0 -1 -2' },
  { name: 'four without a level leave room', holders: '-'.repeat(MOST_SHARING - 1), newcomer: '-', then: 'in, from nobody' },
  { name: 'five do not', holders: '-'.repeat(MOST_SHARING), newcomer: '-', then: 'amqp:resource-limit-exceeded' },
])('$name', ({ holders, newcomer, then }) => {
  const admission = admit(contenders(holders), contenders(newcomer)[0]!);
  const stolen = admission.admitted ? admission.stolenFrom.map(({ holder }) => holder.name).join(' ') || 'nobody' : '';
  expect(admission.admitted ? `in, from ${stolen}` : admission.reason.condition).toBe(then);
});

test('the SDK tells a receiver that its partition was stolen, and the thief reads on', async () => {
  await using sdk = await emulatorWithSdk({ bookings: { partitions: 1 } });
  const seen = new EventEmitter();
  const subscription = sdk.consumer().subscribe(
    '0',
    {
      processEvents: async (events) => void (events.length > 0 && seen.emit('events')),
      processError: async (error) => void seen.emit('fault', error),
    },
    { ownerLevel: 1, maxWaitTimeInSeconds: 1, startPosition: { offset: '-1' } },
  );
  const producer = sdk.producer();
  const first = once(seen, 'events');
  await producer.sendBatch([{ body: 1 }], { partitionId: '0' });
  await first;
  const fault = once(seen, 'fault');
  const thief = firstEvents(sdk.consumer(), '0', 1, { ownerLevel: 2, startPosition: { offset: '-1' } });
  expect((await fault)[0]).toMatchObject({ code: 'ReceiverDisconnectedError' });
  expect(await thief).toMatchObject([{ body: 1 }]);
  await subscription.close();
});

test.for([
  ['a lower level', 0],
  ['no level', undefined],
] as const)('the SDK refuses %s while a higher one reads', async ([, ownerLevel]) => {
  await using sdk = await emulatorWithSdk({ bookings: { partitions: 1 } });
  await sdk.producer().sendBatch([{ body: 1 }], { partitionId: '0' });
  const attached = Promise.withResolvers<void>();
  const owner = sdk
    .consumer()
    .subscribe(
      '0',
      { processEvents: async () => attached.resolve(), processError: async (error) => attached.reject(error) },
      { ownerLevel: 5, maxWaitTimeInSeconds: 1, startPosition: { offset: '-1' } },
    );
  await attached.promise;
  const refused = firstEvents(sdk.consumer(), '0', 1, {
    startPosition: { offset: '-1' },
    ...(ownerLevel !== undefined && { ownerLevel }),
  });
  await expect(refused).rejects.toMatchObject({ code: 'ReceiverDisconnectedError' });
  await owner.close();
});
