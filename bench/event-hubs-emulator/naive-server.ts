import rhea, { type EventContext, type Message, type Receiver, type Sender } from 'rhea';
import { BATCH_FORMAT, readIncomingBatch } from '../../packages/event-hubs-emulator/src/incoming-batch.ts';

/*
 * What a server costs that is built the obvious way, for comparison: every event is decoded when it comes, kept in memory as an object, and encoded
 * again for its receiver, all through rhea's documented interface. It knows one hub of four partitions, the earliest position, and no error.
 */
const STRING_CODE = 0xa1;
const partitions: Message[][] = [[], [], [], []];
const readers = new Map<Sender, { readonly partition: number; next: number }>();
const replies = new Set<Sender>();
const container = rhea.create_container();
container.sasl_server_mechanisms.enable_anonymous();

const partitionOf = (address: string): number => Number(/Partitions\/(\d)$/i.exec(address)?.[1] ?? 0);

function pump(sender: Sender): void {
  const reader = readers.get(sender);
  if (reader === undefined) return;
  const events = partitions[reader.partition]!;
  while (reader.next < events.length && sender.sendable()) sender.send(events[reader.next++]!);
}

function append(partition: number, payload: Buffer): void {
  const events = partitions[partition]!;
  const { bounds } = readIncomingBatch(payload, true);
  for (let i = 0; i < bounds.length; i += 2) {
    const { body, ...message } = rhea.message.decode(payload.subarray(bounds[i], bounds[i + 1]));
    const annotations = {
      ...message.message_annotations,
      'x-opt-sequence-number': rhea.types.wrap_long(events.length),
      'x-opt-offset': String(events.length),
      'x-opt-enqueued-time': rhea.types.wrap_timestamp(Date.now()),
    };
    events.push({ ...message, body, message_annotations: annotations });
  }
  for (const [sender, reader] of readers) if (reader.partition === partition) pump(sender);
}

function answer(address: string, { message_id: id, reply_to: to }: Message): void {
  const link = [...replies].find(({ name, target }) => name === to || target?.address === to);
  const status = rhea.types.wrap_int(address === '$cbs' ? 202 : 200);
  const ids = partitions.map((_, partition) => String(partition));
  const hub = {
    name: 'bookings',
    type: 'com.microsoft:eventhub',
    created_at: rhea.types.wrap_timestamp(0),
    partition_count: rhea.types.wrap_int(ids.length),
    partition_ids: rhea.types.wrap_array(ids, STRING_CODE, undefined),
  };
  link?.send({
    ...(id !== undefined && { correlation_id: id }),
    application_properties: { 'status-code': status, 'status-description': 'OK' },
    body: address === '$cbs' ? '' : hub,
  });
}

container.on('sender_open', ({ sender }: EventContext) => {
  if (sender === undefined) return;
  const address = sender.source?.address ?? '';
  sender.set_source(sender.source ?? {});
  sender.set_target(sender.target ?? {});
  if (address.startsWith('$')) replies.add(sender);
  else readers.set(sender, { partition: partitionOf(address), next: 0 });
});
container.on('receiver_open', ({ receiver }: EventContext) => {
  receiver?.set_source(receiver.source ?? {});
  receiver?.set_target(receiver.target ?? {});
});
container.on('sendable', ({ sender }: EventContext) => {
  if (sender !== undefined) pump(sender);
});
container.on('message', ({ message, receiver, delivery }: EventContext & { receiver?: Receiver }) => {
  const address = receiver?.target?.address ?? '';
  const payload: unknown = message;
  if (Buffer.isBuffer(payload) && delivery?.format === BATCH_FORMAT) append(partitionOf(address), payload);
  else if (message !== undefined) answer(address, message);
});
const forget = ({ sender }: EventContext): void => {
  if (sender === undefined) return;
  readers.delete(sender);
  replies.delete(sender);
};
container.on('sender_close', forget);
container.on('disconnected', ({ connection }: EventContext) => {
  for (const sender of [...readers.keys(), ...replies])
    if (sender.connection === connection) forget({ sender, connection, container });
});
for (const event of ['error', 'connection_error', 'session_error', 'sender_error', 'receiver_error', 'protocol_error'])
  container.on(event, () => {});

const server = container.listen({
  port: 0,
  host: '127.0.0.1',
  max_frame_size: 2 * 1024 * 1024,
  sender_options: { snd_settle_mode: 1 },
  receiver_options: { max_message_size: 1024 * 1024, credit_window: 300 },
});
server.once('listening', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const connectionString = `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=any;SharedAccessKey=any;UseDevelopmentEmulator=true`;
  process.stdout.write(`${JSON.stringify({ event: 'listening', port, connectionString })}\n`);
});
process.once('disconnect', () => process.exit());
