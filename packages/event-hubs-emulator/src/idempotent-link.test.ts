import { EventHubBufferedProducerClient } from '@azure/event-hubs';
import { once } from 'node:events';
import rhea, { type Connection, type Message, type Sender } from 'rhea';
import { expect, test } from 'vitest';
import { startEmulator, type Emulator } from './emulator.ts';
import { ProducerProperty } from './publication.ts';
import { connectSdk, temporaryDirectory } from './sdk-fixture.ts';

const hubs = { bookings: { partitions: 1 } };

/** A batch of numbered events whose bodies are their numbers, as the JavaScript SDK encodes it. */
function numbered(producer: number, epoch: number, first: number, count: number): Buffer {
  const events = Array.from({ length: count }, (_, i) => {
    const message: Message = {
      body: rhea.message.data_section(Buffer.from(`${first + i}`)),
      message_annotations: {
        [ProducerProperty.epoch]: rhea.types.wrap_short(epoch),
        [ProducerProperty.id]: rhea.types.wrap_long(producer),
        [ProducerProperty.sequence]: rhea.types.wrap_int(first + i),
      },
    };
    return rhea.message.encode(message);
  });
  return rhea.message.encode({ body: rhea.message.data_sections(events) });
}

async function openProducer(connection: Connection, properties: object = {}): Promise<Sender> {
  const sender = connection.open_sender({
    target: 'bookings/Partitions/0',
    desired_capabilities: ['com.microsoft:idempotent-producer'],
    properties,
  });
  await once(sender, 'sendable');
  return sender;
}

async function send(sender: Sender, batch: Buffer, tag: string): Promise<string> {
  sender.send(batch, Buffer.from(tag), 0x80013700);
  return Promise.race(
    ['accepted', 'rejected'].map(async (outcome) => {
      const [{ delivery }] = await once(sender, outcome);
      return delivery.remote_state?.error?.condition ?? outcome;
    }),
  );
}

function connectPlain({ port }: Emulator): Connection & AsyncDisposable {
  const connection = rhea.create_container().connect({ port, host: '127.0.0.1', username: 'any', reconnect: false });
  return Object.assign(connection, {
    [Symbol.asyncDispose]: async () => {
      connection.close();
      await once(connection, 'connection_close');
    },
  });
}

test('a numbered batch that is sent again is accepted and stored once, also after a restart', async () => {
  await using directory = await temporaryDirectory();
  const start = () => startEmulator({ hubs, dataDirectory: directory.path, segmentBytes: 1000 });
  let id: number;
  {
    await using emulator = await start();
    await using connection = connectPlain(emulator);
    const sender = await openProducer(connection);
    expect(sender.properties).toMatchObject({ [ProducerProperty.epoch]: 0, [ProducerProperty.sequence]: -1 });
    id = sender.properties?.[ProducerProperty.id];
    // Large enough for several segments, so that what is known of the producer crosses their borders.
    for (let first = 0; first < 40; first += 10) {
      expect(await send(sender, numbered(id, 0, first, 10), `a${first}`)).toBe('accepted');
      expect(await send(sender, numbered(id, 0, first, 10), `b${first}`)).toBe('accepted');
    }
    expect(await send(sender, numbered(id, 0, 50, 1), 'gap')).toBe('com.microsoft:out-of-order-sequence');
  }
  await using emulator = await start();
  await using connection = connectPlain(emulator);
  const known = {
    [ProducerProperty.id]: rhea.types.wrap_long(id),
    [ProducerProperty.epoch]: rhea.types.wrap_short(0),
    [ProducerProperty.sequence]: null,
  };
  const sender = await openProducer(connection, known);
  expect(sender.properties).toMatchObject({ [ProducerProperty.id]: id, [ProducerProperty.sequence]: 39 });
  expect(await send(sender, numbered(id, 0, 30, 10), 'again')).toBe('accepted');
  expect(await send(sender, numbered(id, 0, 40, 5), 'next')).toBe('accepted');
  await using sdk = connectSdk(emulator.connectionString);
  expect((await sdk.read({ count: 45 })).map(({ body }) => body)).toEqual(Array.from({ length: 45 }, (_, n) => n));
});

test('a producer with a higher epoch shuts out the one before it', async () => {
  await using directory = await temporaryDirectory();
  await using emulator = await startEmulator({ hubs, dataDirectory: directory.path });
  await using connection = connectPlain(emulator);
  const older = await openProducer(connection);
  const id: number = older.properties?.[ProducerProperty.id];
  await openProducer(connection, {
    [ProducerProperty.id]: rhea.types.wrap_long(id),
    [ProducerProperty.epoch]: rhea.types.wrap_short(1),
    [ProducerProperty.sequence]: rhea.types.wrap_int(-1),
  });
  expect(await send(older, numbered(id, 0, 0, 1), 'late')).toBe('com.microsoft:producer-epoch-stolen');
});

test("the SDK's idempotent producer has its events stored once, in order", async () => {
  await using directory = await temporaryDirectory();
  await using emulator = await startEmulator({ hubs, dataDirectory: directory.path });
  const failures: unknown[] = [];
  const producer = new EventHubBufferedProducerClient(emulator.connectionString, 'bookings', {
    enableIdempotentRetries: true,
    onSendEventsErrorHandler: ({ error }) => void failures.push(error),
  });
  for (let n = 0; n < 300; n++) await producer.enqueueEvent({ body: n });
  await producer.close();
  expect(failures).toEqual([]);
  await using sdk = connectSdk(emulator.connectionString);
  expect((await sdk.read({ count: 300 })).map(({ body }) => body)).toEqual(Array.from({ length: 300 }, (_, n) => n));
});
