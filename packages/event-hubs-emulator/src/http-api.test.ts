import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { startEmulator } from './emulator.ts';
import { connectSdk, temporaryDirectory } from './sdk-fixture.ts';

async function withHttp() {
  await using undo = new AsyncDisposableStack();
  const directory = undo.use(await temporaryDirectory());
  const hubs = { bookings: { partitions: 2, consumerGroups: ['joiner'] } };
  const emulator = undo.use(await startEmulator({ hubs, dataDirectory: directory.path, httpPort: 0 }));
  const sdk = undo.use(connectSdk(emulator.connectionString));
  const get = async (path: string) => {
    const response = await fetch(`http://localhost:${emulator.httpPort}${path}`);
    const body = await response.text();
    return { status: response.status, body, json: (): unknown => JSON.parse(body) };
  };
  const resources = undo.move();
  return { emulator, sdk, get, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

test('hubs are listed, and the newest events of a partition, or those from a sequence number on, can be looked at', async () => {
  await using server = await withHttp();
  const bodies = [{ n: 1 }, 'text', Buffer.from([0xff, 0x00]), Buffer.from('not json')];
  const events = bodies.map((body) => ({ body, contentType: 'c', properties: { p: 1 } }));
  await server.sdk.producer().sendBatch(events, { partitionId: '1' });
  expect((await server.get('/hubs')).json()).toMatchObject({
    hubs: [
      {
        name: 'bookings',
        consumerGroups: ['$Default', 'joiner'],
        partitions: [
          { id: '0', lastSequenceNumber: -1 },
          { id: '1', lastSequenceNumber: 3 },
        ],
      },
    ],
  });
  expect((await server.get('/hubs/BOOKINGS/partitions/1/events?limit=10')).json()).toMatchObject({
    events: [
      { sequenceNumber: 0, contentType: 'c', properties: { p: 1 }, body: { n: 1 }, bodyEncoding: 'json' },
      { sequenceNumber: 1, body: 'text', bodyEncoding: 'json' },
      { sequenceNumber: 2, body: '/wA=', bodyEncoding: 'base64' },
      { sequenceNumber: 3, body: 'not json', bodyEncoding: 'text' },
    ],
  });
  const numbers = async (query: string) => {
    const { body } = await server.get(`/hubs/bookings/partitions/1/events?${query}`);
    return [...body.matchAll(/"sequenceNumber":(\d+)/g)].map(([, number]) => Number(number));
  };
  expect(await numbers('limit=2')).toEqual([2, 3]);
  expect(await numbers('from=1&limit=2')).toEqual([1, 2]);
  expect(await numbers('from=4')).toEqual([]);
});

test.for([
  ['/hubs/nosuch/partitions/0/events', 404],
  ['/hubs/bookings/partitions/2/events', 404],
  ['/hubs/bookings/partitions/0/events?limit=1001', 400],
  ['/hubs/bookings/partitions/0/events?from=-1', 400],
  ['/hubs/%zz/partitions/0/events', 400],
  ['/', 404],
] as const)('%s is answered with %i', async ([path, status]) => {
  await using server = await withHttp();
  expect((await server.get(path)).status).toBe(status);
});

test('health says ok, and the metrics count what went through', async () => {
  await using server = await withHttp();
  await server.sdk.producer().sendBatch([{ body: 1 }, { body: 2 }], { partitionId: '0' });
  await server.sdk.read({ count: 2 });
  expect((await server.get('/health')).json()).toEqual({ status: 'ok' });
  const { body } = await server.get('/metrics');
  expect(body).toContain('event_hubs_emulator_batches_accepted_total 1\n');
  expect(body).toContain('event_hubs_emulator_events_delivered_total 2\n');
  expect(body).toContain('event_hubs_emulator_last_sequence_number{hub="bookings",partition="0"} 1\n');
});

test('a request under another name than a loopback one is refused', async () => {
  await using server = await withHttp();
  const answered = Promise.withResolvers<[number | undefined, string]>();
  const options = { port: server.emulator.httpPort, host: '127.0.0.1', path: '/hubs', headers: { host: 'attacker.example' } };
  request(options, (response) => void text(response).then((body) => answered.resolve([response.statusCode, body]))).end();
  expect((await answered.promise)[0]).toBe(403);
});
