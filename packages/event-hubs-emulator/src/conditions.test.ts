import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import rhea, { type EventContext } from 'rhea';
import { expect, test } from 'vitest';
import { egress } from './egress.ts';
import { startEmulator } from './emulator.ts';
import { PartitionLog } from './partition-log.ts';
import { connectSdk, temporaryDirectory, type Sdk } from './sdk-fixture.ts';
import { Segment } from './segment.ts';
import { createTraffic } from './traffic.ts';

const hubs = { bookings: { partitions: 1 } };

/** A client that says `fields` about itself when it opens its connection, and nothing more of its own accord. */
async function openBySocket(port: number, fields: readonly number[] = []): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  await once(socket, 'connect');
  const open = [
    0x02,
    0x00,
    0x00,
    0x00,
    0x00,
    0x53,
    0x10,
    0xc0,
    fields.length + 4,
    1 + (fields.length > 0 ? 4 : 0),
    0xa1,
    1,
    0x63,
  ];
  const frame = Buffer.from([0, 0, 0, 0, ...open, ...fields]);
  frame.writeUInt32BE(frame.length, 0);
  socket.write(Buffer.concat([Buffer.from('414d515000010000', 'hex'), frame]));
  return socket;
}

test('a client that has fallen silent is told so, and cut off', async () => {
  await using directory = await temporaryDirectory();
  await using emulator = await startEmulator({ hubs, dataDirectory: directory.path, idleTimeoutMs: 100 });
  const socket = await openBySocket(emulator.port);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  expect(Buffer.concat(chunks).toString('latin1')).toContain('amqp:resource-limit-exceeded');
});

test('a client that asks for a sign of life within a time gets empty frames, and one that gives it stays', async () => {
  await using directory = await temporaryDirectory();
  await using emulator = await startEmulator({ hubs, dataDirectory: directory.path, idleTimeoutMs: 200 });
  // Host name, largest frame and channels left out; idle-time-out 100 ms.
  const socket = await openBySocket(emulator.port, [0x40, 0x40, 0x40, 0x52, 100]);
  let heartbeats = 0;
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      if (!chunk.equals(Buffer.of(0, 0, 0, 8, 2, 0, 0, 0))) return;
      // Answered in kind: three times the server's own limit goes by.
      socket.write(chunk);
      if ((heartbeats += 1) === 24) resolve();
    });
    socket.on('close', resolve);
  });
  socket.destroy();
  expect(heartbeats).toBe(24);
});

/** Lets every write hang until `release` is called: the device is the outermost edge. `begun` resolves when one hangs. */
function stallWrites() {
  const append = Object.getOwnPropertyDescriptor(Segment.prototype, 'append')!;
  const released = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const write = Segment.prototype.append;
  Segment.prototype.append = async function stalled(records) {
    begun.resolve();
    await released.promise;
    await write.call(this, records);
  };
  return {
    begun: begun.promise,
    release: released.resolve,
    [Symbol.dispose]: () => {
      released.resolve();
      Object.defineProperty(Segment.prototype, 'append', append);
    },
  };
}

const stored = async (sdk: Sdk, count: number): Promise<unknown[]> =>
  (await sdk.read({ count })).map(({ sequenceNumber, body }) => `${sequenceNumber} ${body}`);

test('while the disk does not answer, what waits is refused as timed out and not kept; what was begun is kept', async () => {
  await using directory = await temporaryDirectory();
  const warnings: unknown[] = [];
  const log = { info: () => {}, warn: (details: object) => warnings.push(details) };
  await using emulator = await startEmulator({ hubs, dataDirectory: directory.path, writeTimeoutMs: 50, log });
  await using sdk = connectSdk(emulator.connectionString);
  const producer = sdk.producer();
  await producer.sendBatch([{ body: 'a' }]);
  using disk = stallWrites();
  const begun = producer.sendBatch([{ body: 'b' }]);
  await disk.begun;
  await expect(producer.sendBatch([{ body: 'c' }])).rejects.toMatchObject({ code: 'ServiceUnavailableError' });
  disk.release();
  await begun;
  await producer.sendBatch([{ body: 'd' }]);
  expect(await stored(sdk, 3)).toEqual(['0 a', '1 b', '2 d']);
  expect(warnings).toMatchObject([{ failure: 'append', error: expect.stringContaining('has not ended') }]);
});

test('a server that is stopping refuses what still comes at once, and keeps what it had begun', async () => {
  await using directory = await temporaryDirectory();
  const options = { hubs, dataDirectory: directory.path };
  const emulator = await startEmulator(options);
  await using sdk = connectSdk(emulator.connectionString);
  const producer = sdk.producer();
  await producer.sendBatch([{ body: 'a' }]);
  using disk = stallWrites();
  const begun = producer.sendBatch([{ body: 'b' }]);
  await disk.begun;
  const stopped = emulator[Symbol.asyncDispose]();
  await expect(producer.sendBatch([{ body: 'c' }])).rejects.toMatchObject({ code: 'OperationCancelledError' });
  disk.release();
  await begun;
  await stopped;
  await using again = await startEmulator(options);
  await using after = connectSdk(again.connectionString);
  expect(await stored(after, 2)).toEqual(['0 a', '1 b']);
});

test('a link that sends more than it has credit for is closed, and others of its connection go on', async () => {
  await using directory = await temporaryDirectory();
  await using emulator = await startEmulator({ hubs, dataDirectory: directory.path });
  await using sdk = connectSdk(emulator.connectionString);
  const connection = rhea.create_container().connect({ port: emulator.port, host: '127.0.0.1', reconnect: false });
  const greedy = connection.open_sender('bookings');
  const modest = connection.open_sender('bookings');
  await Promise.all([once(greedy, 'sendable'), once(modest, 'sendable')]);
  const credit: unknown = Reflect.get(greedy, 'credit');
  using disk = stallWrites();
  Reflect.set(greedy, 'credit', 1000);
  // As many as it had credit for, and one more.
  for (let i = 0; i <= Number(credit); i++) greedy.send({ body: i });
  await once(greedy, 'sender_error');
  expect(greedy.error).toMatchObject({ condition: 'amqp:link:transfer-limit-exceeded' });
  disk.release();
  modest.send({ body: 'modest' });
  await once(modest, 'accepted');
  const { lastEnqueuedSequenceNumber } = await sdk.producer().getPartitionProperties('0');
  expect(lastEnqueuedSequenceNumber).toBe(Number(credit));
  connection.close();
  await once(connection, 'connection_close');
});

test('a session whose delivery ids are used up loses its link, so that the client begins another', async () => {
  await using directory = await temporaryDirectory();
  const log = await PartitionLog.open(directory.path);
  const server = rhea.create_container();
  server.on('sender_open', ({ sender }: EventContext) => {
    // Four thousand million deliveries are not for a test.
    Reflect.set(Reflect.get(sender!.session, 'outgoing'), 'next_transfer_id', 2 ** 32 - 2 ** 19);
    egress(sender!, log, { from: 'earliest' }, createTraffic());
  });
  const listener = server.listen({ port: 0, host: '127.0.0.1' });
  await once(listener, 'listening');
  const address = listener.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const connection = rhea.create_container().connect({ port, host: '127.0.0.1', reconnect: false });
  const receiver = connection.open_receiver({ source: 'any' });
  await once(receiver, 'receiver_error');
  expect(receiver.error).toMatchObject({ condition: 'amqp:link:detach-forced' });
  connection.close();
  await once(connection, 'connection_close');
  listener.close();
  await log.close();
});

test('a server that stops says so to its clients', async () => {
  await using directory = await temporaryDirectory();
  const emulator = await startEmulator({ hubs, dataDirectory: directory.path });
  const connection = rhea.create_container().connect({ port: emulator.port, host: '127.0.0.1', reconnect: false });
  await once(connection, 'connection_open');
  // rhea prints what nobody listens to.
  connection.on('disconnected', () => {});
  const told = once(connection, 'connection_error');
  await emulator[Symbol.asyncDispose]();
  await told;
  expect(connection.error).toMatchObject({ condition: 'amqp:connection:forced' });
});
