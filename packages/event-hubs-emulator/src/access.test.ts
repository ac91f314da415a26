import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import rhea from 'rhea';
import { expect, test } from 'vitest';
import { createAccess } from './access.ts';
import { KeysNeeded, startEmulator } from './emulator.ts';
import { connectSdk, temporaryDirectory } from './sdk-fixture.ts';

const hubs = { bookings: { partitions: 1 } };
const keys = { root: 'a secret', other: 'another' };
const now = 1_700_000_000_000;

function sign(resource: string, { name = 'root', secret = keys.root, expiresAt = now + 60_000 } = {}): string {
  const sr = encodeURIComponent(resource);
  const se = Math.floor(expiresAt / 1000);
  const signature = createHmac('sha256', secret).update(`${sr}\n${se}`).digest('base64');
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(signature)}&se=${se}&skn=${name}`;
}

const hub = 'sb://localhost:5672/bookings';
const partition = `${hub}/Partitions/0`;
test.for<[string, string, string, string | undefined]>([
  ['a token for the hub', hub, sign(hub), undefined],
  ['a token of another key', hub, sign(hub, { name: 'other', secret: keys.other }), undefined],
  ['a token for the hub, put for its partition', partition, sign(hub), undefined],
  ['a token for the namespace', partition, sign('sb://localhost:5672/'), undefined],
  ['a token in another letter case and scheme', hub, sign('amqp://localhost/BOOKINGS/'), undefined],
  ['a token for another hub', hub, sign('sb://localhost/payments'), `the token is for 'payments'`],
  ['a token for a hub whose name this one begins with', hub, sign('sb://localhost/book'), `the token is for 'book'`],
  ['a token that has expired', hub, sign(hub, { expiresAt: now }), 'expired'],
  ['a token signed with another secret', hub, sign(hub, { secret: 'guess' }), 'signature does not match'],
  ['a token of an unknown key', hub, sign(hub, { name: 'nobody' }), `no key 'nobody'`],
  ['a token of a name that every object has', hub, sign(hub, { name: 'toString' }), `no key 'toString'`],
  ['a token whose expiry was changed', hub, sign(hub).replace('se=1', 'se=2'), 'signature does not match'],
  ['no token', hub, '', 'no shared access signature'],
])('%s: %s', ([, audience, token, reason]) => {
  const access = createAccess(keys, () => now);
  const refusal = access.put(audience, token);
  if (reason === undefined) expect(refusal).toBeUndefined();
  else expect(refusal).toMatchObject({ condition: 'amqp:unauthorized-access', description: expect.stringContaining(reason) });
});

test('a link is covered by a token for what it is about, until that expires', () => {
  let time = now;
  const access = createAccess(keys, () => time);
  const refused = () =>
    ['bookings', 'bookings/Partitions/0', 'bookings/$management', 'payments'].map((to) => access.refusal(to) !== undefined);
  expect(refused()).toEqual([true, true, true, true]);
  access.put(hub, sign(hub));
  expect(refused()).toEqual([false, false, false, true]);
  time = now + 60_000;
  expect(refused()).toEqual([true, true, true, true]);
});

test('with keys, the SDK gets in with the right one and nobody with another or none', async () => {
  await using directory = await temporaryDirectory();
  await using emulator = await startEmulator({ hubs, dataDirectory: directory.path, keys });
  await using sdk = connectSdk(emulator.connectionString);
  expect(await sdk.producer().getPartitionIds()).toEqual(['0']);
  await sdk.producer().sendBatch([{ body: 1 }], { partitionId: '0' });
  expect(await sdk.read({ count: 1 })).toMatchObject([{ body: 1 }]);
  await using stranger = connectSdk(emulator.connectionString.replace('a secret', 'a guess'));
  await expect(stranger.producer().getPartitionIds()).rejects.toMatchObject({ code: 'UnauthorizedError' });
  await expect(stranger.producer().sendBatch([{ body: 2 }])).rejects.toMatchObject({ code: 'UnauthorizedError' });
  const { port } = emulator;
  const connection = rhea.create_container().connect({ port, host: '127.0.0.1', username: 'any', reconnect: false });
  const sender = connection.open_sender('bookings');
  await once(sender, 'sender_error');
  expect(sender.error).toMatchObject({ condition: 'amqp:unauthorized-access' });
  connection.close();
  await once(connection, 'connection_close');
});

test.for(['0.0.0.0', '::', '192.0.2.1', 'example.com'])('without keys the server does not listen on %s', async (host) => {
  await using directory = await temporaryDirectory();
  await expect(startEmulator({ hubs, host, dataDirectory: directory.path })).rejects.toThrow(KeysNeeded);
});
