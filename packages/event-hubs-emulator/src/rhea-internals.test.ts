import { once, type EventEmitter } from 'node:events';
import { connect } from 'node:net';
import rhea, { type Connection, type EventContext, type Message } from 'rhea';
import { expect, test } from 'vitest';
import { startEmulator } from './emulator.ts';
import { connectSdk, temporaryDirectory } from './sdk-fixture.ts';

/** A client other than Azure's: rhea itself. Other SDKs send single messages, take small frames and set settlement modes. */
async function withPlainClient(options: { max_frame_size?: number } = {}) {
  await using undo = new AsyncDisposableStack();
  const directory = undo.use(await temporaryDirectory());
  const emulator = undo.use(await startEmulator({ hubs: { bookings: { partitions: 1 } }, dataDirectory: directory.path }));
  const sdk = undo.use(connectSdk(emulator.connectionString));
  const client = rhea.create_container();
  const connection = client.connect({ port: emulator.port, host: '127.0.0.1', username: 'any', reconnect: false, ...options });
  undo.defer(async () => {
    connection.close();
    await once(connection, 'connection_close');
  });
  const resources = undo.move();
  return { emulator, sdk, connection, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

async function next(link: EventEmitter, event: string): Promise<EventContext> {
  const [context] = await once(link, event);
  return context;
}

const address = 'bookings/ConsumerGroups/$Default/Partitions/0';

function firstMessages(connection: Connection, count: number): Promise<Message[]> {
  const receiver = connection.open_receiver({ source: address, credit_window: 100 });
  const messages: Message[] = [];
  const all = Promise.withResolvers<Message[]>();
  receiver.on('message', ({ message }: EventContext) => {
    if (message !== undefined && messages.push(message) === count) all.resolve(messages);
  });
  return all.promise;
}

test('a single message is stored as one event, and what only the server may set is not taken from its sender', async () => {
  await using client = await withPlainClient();
  const sender = client.connection.open_sender({ target: 'bookings/Partitions/0' });
  await once(sender, 'sendable');
  const annotations = {
    'x-opt-sequence-number': 77,
    'x-opt-offset': 'forged',
    'x-opt-enqueued-time': 1,
    'x-opt-partition-key': 'k',
    mine: 'kept',
  };
  sender.send({ body: rhea.message.data_section(Buffer.from('"single"')), message_annotations: annotations, subject: 's' });
  await once(sender, 'accepted');
  const [event] = await client.sdk.read({ count: 1 });
  const { lastEnqueuedOffset } = await client.sdk.producer().getPartitionProperties('0');
  expect(event).toMatchObject({
    body: 'single',
    sequenceNumber: 0,
    offset: lastEnqueuedOffset,
    partitionKey: 'k',
    systemProperties: { mine: 'kept', subject: 's' },
  });
});

test('a message that is no AMQP is refused, and the link goes on', async () => {
  await using client = await withPlainClient();
  const sender = client.connection.open_sender({ target: 'bookings' });
  await once(sender, 'sendable');
  sender.send(Buffer.from('garbage'), 'tag-1', 0x80013700);
  const { delivery } = await next(sender, 'rejected');
  expect(delivery?.remote_state?.error).toMatchObject({ condition: 'amqp:decode-error' });
  sender.send({ body: 'fine' });
  await once(sender, 'accepted');
});

test('a client that takes only small frames gets large messages whole', async () => {
  await using client = await withPlainClient({ max_frame_size: 4096 });
  const bodies = [20_000, 10, 3_000, 100_000].map((length) => 'x'.repeat(length));
  for (const body of bodies) await client.sdk.producer().sendBatch([{ body }], { partitionId: '0' });
  const messages = await firstMessages(client.connection, bodies.length);
  expect(messages.map(({ body }) => JSON.parse(String(body.content)))).toEqual(bodies);
});

test.for([
  ['names the link for the answer', { reply_to: 'me' }],
  ['names none, as the Python SDK', {}],
] as const)('a request that %s is answered, in a session that receives as well', async ([, replyTo]) => {
  await using client = await withPlainClient();
  // rhea opens all links of a connection in one session.
  const replies = client.connection.open_receiver({ source: '$management', target: 'me' });
  const requests = client.connection.open_sender('$management');
  await once(requests, 'sendable');
  await client.sdk.producer().sendBatch([{ body: 1 }, { body: 2 }], { partitionId: '0' });
  const reading = firstMessages(client.connection, 2);
  const properties = { operation: 'READ', type: 'com.microsoft:eventhub', name: 'bookings' };
  requests.send({ body: '', message_id: 'q', ...replyTo, application_properties: properties });
  const { message } = await next(replies, 'message');
  expect(message).toMatchObject({ correlation_id: 'q', body: { name: 'bookings', partition_count: 1 } });
  expect(await reading).toHaveLength(2);
});

/** The performatives in a stream of frames: descriptor code, and how many fields are there. */
function performatives(stream: Buffer): [code: number, fields: number][] {
  const found: [number, number][] = [];
  // Behind the two protocol headers come frames only.
  for (let at = 8, amqp = false; at < stream.length;) {
    if (!amqp && stream.toString('latin1', at, at + 4) === 'AMQP') {
      at += 8;
      amqp = true;
      continue;
    }
    const size = stream.readUInt32BE(at);
    const list = at + 11;
    const fields = stream[list] === 0xd0 ? stream.readUInt32BE(list + 5) : stream[list] === 0xc0 ? stream[list + 2]! : 0;
    if (amqp && size > 8) found.push([stream[at + 10]!, fields]);
    at += size;
  }
  return found;
}

test('every frame carries all of its fields, which the Python SDK looks for', async () => {
  await using client = await withPlainClient();
  const chunks: Buffer[] = [];
  const socket: EventEmitter = Reflect.get(client.connection, 'socket');
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await client.sdk.producer().sendBatch([{ body: 1 }], { partitionId: '0' });
  const sender = client.connection.open_sender('bookings');
  await once(sender, 'sendable');
  sender.send({ body: 1 });
  await once(sender, 'accepted');
  await firstMessages(client.connection, 2);
  const refused = client.connection.open_sender('nosuch');
  await once(refused, 'sender_error');
  const expected = new Map([
    [0x10, 10],
    [0x11, 8],
    [0x12, 14],
    [0x13, 11],
    [0x14, 11],
    [0x15, 6],
    [0x16, 3],
  ]);
  const found = performatives(Buffer.concat(chunks));
  expect(new Map(found)).toEqual(expected);
  expect(found.filter(([code, fields]) => expected.get(code) !== fields)).toEqual([]);
});

test('a client that drains its link gets what is there, and the rest of its credit back', async () => {
  await using client = await withPlainClient();
  await client.sdk.producer().sendBatch([{ body: 1 }, { body: 2 }], { partitionId: '0' });
  const receiver = client.connection.open_receiver({ source: address, credit_window: 0 });
  let count = 0;
  receiver.on('message', () => (count += 1));
  receiver.add_credit(10);
  receiver.drain_credit();
  await once(receiver, 'receiver_drained');
  expect(count).toBe(2);
  receiver.drain = false;
  receiver.add_credit(10);
  await client.sdk.producer().sendBatch([{ body: 3 }], { partitionId: '0' });
  await once(receiver, 'message');
});

test('garbage on the port, or a frame that claims 2 GB, ends that connection and no other', async () => {
  await using client = await withPlainClient();
  const header = Buffer.from('414d515000010000', 'hex');
  for (const bytes of [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.concat([header, Buffer.from('7fffffff020000000000', 'hex')]),
  ]) {
    const socket = connect({ port: client.emulator.port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.resume();
    socket.write(bytes);
    await once(socket, 'close');
  }
  await client.sdk.producer().sendBatch([{ body: 1 }]);
});
