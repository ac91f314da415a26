import type { Socket } from 'node:net';
import type { Connection, Container, EventContext, Receiver, Sender } from 'rhea';
import { createAccess, type Access } from './access.ts';
import type { AccessKeys } from './access-keys.ts';
import { putToken } from './cbs.ts';
import { parseEntityAddress } from './entity-address.ts';
import type { HubRegistry } from './hub-registry.ts';
import { admitProducer } from './idempotent-link.ts';
import { ingest } from './ingest.ts';
import { readProperties } from './management.ts';
import type { Receivers } from './receivers.ts';
import { refusals, type Refusal } from './refusal.ts';
import { ReplyLinks, serveRequests } from './request-response.ts';
import { acceptConnection, keepPayloads } from './rhea-internals.ts';
import type { Traffic } from './traffic.ts';

/** What all connections share. */
export interface Server {
  readonly container: Container;
  readonly hubs: HubRegistry;
  readonly receivers: Receivers;
  readonly traffic: Traffic;
  /** A client that has not opened its connection within so many milliseconds is cut off. */
  readonly handshakeTimeoutMs: number;
  /** A client of which nothing has come for twice so many milliseconds is cut off. */
  readonly idleTimeoutMs: number;
  /** Undefined when any token will do. */
  readonly keys: AccessKeys | undefined;
  readonly stopping: () => boolean;
  readonly onFault: (error: unknown) => void;
}

function refuse(link: Sender | Receiver, refusal: Refusal): void {
  link.close(refusal);
}

/** What belongs to one connection. */
interface Client {
  readonly replies: ReplyLinks;
  readonly access: Access;
}

function openReceiver(sender: Sender, { replies, access }: Client, { hubs, receivers }: Server): void {
  const address = sender.source?.address ?? '';
  sender.set_source(sender.source ?? {});
  sender.set_target(sender.target ?? {});
  const entity = parseEntityAddress(address);
  if (entity?.kind === 'cbs') return replies.add(sender);
  if (entity?.kind === 'management') return replies.add(sender);
  const unauthorized = access.refusal(address);
  if (unauthorized !== undefined) return refuse(sender, unauthorized);
  const missing = entity?.kind === 'group-partition' ? hubs.missing(entity, address) : refusals.entityNotFound(address);
  if (missing !== undefined || entity?.kind !== 'group-partition')
    return refuse(sender, missing ?? refusals.entityNotFound(address));
  receivers.open(sender, entity);
}

function openSender(receiver: Receiver, { replies, access }: Client, { hubs, traffic, stopping }: Server): void {
  const address = receiver.target?.address ?? '';
  receiver.set_source(receiver.source ?? {});
  receiver.set_target(receiver.target ?? {});
  const entity = parseEntityAddress(address);
  if (entity?.kind === 'cbs') return serveRequests(receiver, replies, (request) => putToken(hubs, access, request));
  if (entity?.kind === 'management')
    return serveRequests(receiver, replies, ({ properties }) => readProperties(hubs, access, properties));
  const unauthorized = access.refusal(address);
  if (unauthorized !== undefined) return refuse(receiver, unauthorized);
  const hub =
    entity?.kind === 'hub' || entity?.kind === 'partition' || entity?.kind === 'publisher' ? hubs.find(entity.hub) : undefined;
  const missing = entity === undefined ? undefined : hubs.missing(entity, address);
  if (entity === undefined || hub === undefined || missing !== undefined)
    return refuse(receiver, missing ?? refusals.entityNotFound(address));
  const partition = hubs.log(entity);
  const stolen = partition && admitProducer(receiver, partition);
  if (stolen !== undefined) return refuse(receiver, stolen);
  ingest(receiver, { hub, partition, traffic, stopping });
}

/** Serves one client: its token, management, sending and receiving links. `onClosed` is called once its socket is gone. */
export function serveClient(socket: Socket, server: Server, onClosed: () => void): Connection {
  const client: Client = { replies: new ReplyLinks(), access: createAccess(server.keys, Date.now) };
  const ingesting = new WeakSet<Receiver>();
  const handshake = setTimeout(() => socket.destroy(), server.handshakeTimeoutMs);
  const connection = acceptConnection(server.container, socket, {
    idleTimeoutMs: server.idleTimeoutMs,
    onClosed: () => {
      clearTimeout(handshake);
      server.receivers.closeAll((sender) => sender.connection === connection);
      onClosed();
    },
  });
  connection.once('connection_open', () => clearTimeout(handshake));
  connection.on('session_open', ({ session }: EventContext) => {
    if (session === undefined) return;
    keepPayloads(
      session,
      (receiver) => ingesting.has(receiver),
      (receiver) => receiver.is_open() && refuse(receiver, refusals.beyondCredit()),
    );
  });
  connection.on('session_close', ({ session }: EventContext) =>
    server.receivers.closeAll((sender) => sender.session === session),
  );
  connection.on('sender_open', ({ sender }: EventContext) => {
    if (sender !== undefined) openReceiver(sender, client, server);
  });
  connection.on('receiver_open', ({ receiver }: EventContext) => {
    if (receiver === undefined) return;
    if (!receiver.target?.address?.startsWith('$')) ingesting.add(receiver);
    openSender(receiver, client, server);
  });
  // rhea prints, or throws, what nobody listens to. A client that went away is nothing to report.
  for (const event of [
    'disconnected',
    'connection_close',
    'connection_error',
    'session_error',
    'sender_error',
    'receiver_error',
    'sender_close',
    'receiver_close',
  ]) {
    connection.on(event, () => {});
  }
  connection.on('protocol_error', server.onFault);
  connection.on('error', server.onFault);
  return connection;
}
