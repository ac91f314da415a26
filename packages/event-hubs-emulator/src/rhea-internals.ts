import type { Socket } from 'node:net';
import type { Connection, Container, Receiver, Sender, Session } from 'rhea';
import type { MessageRun } from './log-reader.ts';
import { borrow } from './slabs.ts';
import { encodeFragments, encodeTransfers, transfersLength, TRANSFER_OVERHEAD } from './transfer-frames.ts';

/*
 * Everything that knows more of rhea than its documentation promises: the package is pinned to the version this was written for,
 * and the shapes below are checked when they are first touched. What it gains: a transfer costs 0.5 us instead of 8.
 */

/** The largest message a client may send, and the largest frame the server takes: a full batch fits in one. In bytes. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_FRAME_BYTES = MAX_MESSAGE_BYTES + 64 * 1024;
/** The format under which a single message reaches its receiver undecoded; rhea decodes format 0 on its own. */
const SINGLE_FORMAT = 0x80013701;

const MAX_UINT = 2 ** 32 - 1;
const MAX_SOCKET_BACKLOG = 1024 * 1024;
const SMALL_CHUNK = 4096;
// Names that rhea keeps to itself.
const DRAINING = '_draining';
const WRITE_FRAME = '_write_frame';
const REGISTER = '_register';
const EMPTY_FRAME = Buffer.of(0, 0, 0, 8, 2, 0, 0, 0);

interface Frame {
  channel: number;
  performative: { message_format?: number; handle?: number | null; more?: boolean };
  payload?: Buffer;
}

interface SessionInternals {
  local: { channel: number };
  remote: { handles: Readonly<Record<number, unknown>> };
  outgoing: {
    deliveries: { size: number };
    next_delivery_id: number;
    next_pending_delivery: number;
    next_transfer_id: number;
    remote_next_transfer_id: number | null | undefined;
    remote_window: number | undefined;
  };
  incoming: { on_transfer: (frame: Frame, receiver: Receiver) => void };
  on_flow: (frame: Frame) => void;
}

interface SenderInternals {
  local: { handle: number };
  credit: number;
  delivery_count: number;
  /** Set by a flow frame that asks for the link to be drained. */
  _draining: boolean | undefined;
}

interface ReceiverInternals {
  local: { attach: { offered_capabilities: unknown; properties: unknown } };
  credit: number;
}

function isReceiver(receiver: object): receiver is ReceiverInternals {
  return (
    'local' in receiver &&
    typeof receiver.local === 'object' &&
    receiver.local !== null &&
    'attach' in receiver.local &&
    'credit' in receiver
  );
}

function isSession(session: object): session is SessionInternals {
  return 'local' in session && 'outgoing' in session && 'incoming' in session && 'on_flow' in session;
}

function isSender(sender: object): sender is SenderInternals {
  return 'local' in sender && 'credit' in sender && 'delivery_count' in sender;
}

function sessionInternals(session: Session): SessionInternals {
  if (!isSession(session)) throw new TypeError('this version of rhea has another kind of session; use the pinned one');
  return session;
}

function receiverInternals(receiver: Receiver): ReceiverInternals {
  if (!isReceiver(receiver)) throw new TypeError('this version of rhea has another kind of receiver; use the pinned one');
  return receiver;
}

function senderInternals(sender: Sender): SenderInternals {
  if (!isSender(sender)) throw new TypeError('this version of rhea has another kind of sender; use the pinned one');
  return sender;
}

/**
 * Writes together what one turn of the event loop produces, and answers small chunks at once. The client's socket has Nagle's
 * algorithm on, so a request of two small writes would wait 40 ms for the kernel's delayed acknowledgement; an empty frame carries it.
 */
function answerPromptly(socket: Socket, isOpen: () => boolean): void {
  let corked = false;
  let small = false;
  socket.on('data', (chunk: Buffer) => {
    small = chunk.length < SMALL_CHUNK;
    if (corked) return;
    corked = true;
    socket.cork();
    setImmediate(() => {
      corked = false;
      if (small && socket.writableLength === 0 && isOpen()) socket.write(EMPTY_FRAME);
      socket.uncork();
    });
  });
}

/**
 * Drops frames for a session or link that is already gone. A client that closes in the middle of a stream still sends some, and
 * rhea would answer by ending the whole connection.
 */
function forgiveLateFrames(connection: Connection): void {
  for (const name of ['on_flow', 'on_disposition', 'on_detach'] as const) {
    const handle: (frame: Frame) => void = connection[name].bind(connection);
    connection[name] = (frame: Frame): void => {
      const session: SessionInternals | undefined = connection.remote_channel_map[frame.channel];
      const link = frame.performative.handle ?? undefined;
      if (session !== undefined && (link === undefined || session.remote.handles[link] !== undefined)) handle(frame);
    };
  }
}

/** How many fields the list of each performative has, by its descriptor code (AMQP 1.0, part 2, section 7). */
const FIELDS: Readonly<Record<number, number>> = {
  0x10: 10,
  0x11: 8,
  0x12: 14,
  0x13: 11,
  0x14: 11,
  0x15: 6,
  0x16: 3,
  0x17: 1,
  0x18: 1,
};

const BEGIN = 0x11;
const MOST_HANDLES = 4999;

interface Performative {
  readonly value: unknown[];
  /** Of `begin`: the largest link handle. It has a default, which the Python SDK does not know. */
  handle_max?: number;
  readonly constructor: { readonly descriptor: { readonly numeric: number } };
}

/** Sends every field of a performative. rhea leaves out the empty ones at the end, which is legal, and the Python SDK looks for them. */
function sendAllFields(connection: Connection): void {
  const write: (channel: number, performative?: Performative, payload?: Buffer) => void =
    connection[WRITE_FRAME].bind(connection);
  connection[WRITE_FRAME] = (channel: number, performative?: Performative, payload?: Buffer): void => {
    if (performative !== undefined) {
      const { value, constructor } = performative;
      if (constructor.descriptor.numeric === BEGIN) performative.handle_max = MOST_HANDLES;
      while (value.length < (FIELDS[constructor.descriptor.numeric] ?? 0)) value.push(undefined);
    }
    write(channel, performative, payload);
  };
}

/**
 * Collects a large frame in memory that is used again for the next. rhea would join its pieces in a new buffer each, which is garbage
 * as soon as the batch in it is copied to the log. What must outlive the frame is copied in {@link keepPayloads}.
 */
function collectFrames(connection: Connection, socket: Socket): void {
  const input: (bytes: Buffer) => void = connection.input.bind(connection);
  let frame: { readonly bytes: Buffer; giveBack(): void } | undefined;
  let filled = 0;
  let size = 0;
  connection.input = (chunk: Buffer): void => {
    let rest = chunk;
    while (rest.length > 0) {
      if (frame === undefined) {
        input(rest);
        // Whatever the frame claims, rhea would collect it.
        const claimed: unknown = connection.frame_size;
        if (typeof claimed !== 'number') return;
        if (claimed > MAX_FRAME_BYTES) return void socket.destroy();
        size = claimed;
        frame = borrow(size);
        filled = 0;
        rest = Buffer.concat(connection.chunks);
        connection.frame_size = undefined;
        connection.chunks = null;
      }
      const taken = rest.copy(frame.bytes, filled, 0, size - filled);
      filled += taken;
      rest = rest.subarray(taken);
      if (filled < size) return;
      const { bytes, giveBack } = frame;
      frame = undefined;
      input(bytes.subarray(0, size));
      giveBack();
    }
  };
}

/**
 * Serves AMQP on a socket. A client of which nothing has come for twice `idleTimeoutMs` is cut off. `onClosed` is called once the socket
 * is gone, however that came about.
 */
export function acceptConnection(
  container: Container,
  socket: Socket,
  { idleTimeoutMs, onClosed }: { readonly idleTimeoutMs: number; readonly onClosed: () => void },
): Connection {
  const connection = container.create_connection({
    port: 0,
    reconnect: false,
    channel_max: 4999,
    idle_time_out: idleTimeoutMs,
    max_frame_size: MAX_FRAME_BYTES,
    // Settled when sent: a delivery that waits for its settlement would stand in the way of hand-written transfers.
    sender_options: { snd_settle_mode: 1 },
    receiver_options: { max_message_size: MAX_MESSAGE_BYTES, credit_window: 0, autoaccept: false },
  });
  socket.setNoDelay(true);
  answerPromptly(socket, () => connection.is_open());
  forgiveLateFrames(connection);
  sendAllFields(connection);
  collectFrames(connection, socket);
  connection.accept(socket);
  socket.once('close', () => {
    // rhea does not listen to 'close': without this its timers keep the process alive.
    connection.socket_ready = false;
    connection.eof();
    onClosed();
  });
  return connection;
}

/** Adds to the answer to a client's attach, as long as that has not left: in the turn in which the link was opened. */
export function answerAttach(
  receiver: Receiver,
  { offered_capabilities, properties }: { readonly offered_capabilities: readonly string[]; readonly properties: object },
): void {
  const { attach } = receiverInternals(receiver).local;
  attach.offered_capabilities = offered_capabilities;
  attach.properties = properties;
}

/**
 * Hands single messages to their receiver undecoded, as it does batches, on the links for which `raw` says so. `onBeyondCredit` is called
 * before a message comes for which its link has no credit; rhea prints a line and takes it.
 */
export function keepPayloads(
  session: Session,
  raw: (receiver: Receiver) => boolean,
  onBeyondCredit: (receiver: Receiver) => void,
): void {
  const { incoming } = sessionInternals(session);
  const decode = incoming.on_transfer.bind(incoming);
  incoming.on_transfer = (frame, receiver) => {
    const internals = receiverInternals(receiver);
    if (internals.credit <= 0) {
      onBeyondCredit(receiver);
      internals.credit = 1;
    }
    // A client may leave the format out when it is 0.
    frame.performative.message_format ||= raw(receiver) ? SINGLE_FORMAT : 0;
    // The rest of a message that comes in several frames comes when the memory of this one holds another.
    if (frame.performative.more === true && frame.payload !== undefined) frame.payload = Buffer.from(frame.payload);
    decode(frame, receiver);
  };
}

/** Calls `listener` after every flow frame of the session; rhea itself reports only those that name a link. */
export function onSessionFlow(session: Session, listener: () => void): void {
  const internals = sessionInternals(session);
  const handle = internals.on_flow.bind(internals);
  internals.on_flow = (frame) => {
    handle(frame);
    listener();
  };
}

/** A way to send pre-encoded messages on a link, settled, past rhea's own queue. */
export interface Outlet {
  /** How many messages may leave now, by the link's credit, the session's window and the socket's backlog. */
  capacity(): number;
  /** True when `capacity` is 0 for a reason that no flow frame will end: try again soon. */
  busy(): boolean;
  /** True when the session's delivery ids are used up; they do not wrap. */
  exhausted(): boolean;
  /** The credit the client has given and not seen used. */
  credit(): number;
  /** True when the client wants what is there for its credit, and the rest of the credit back. */
  draining(): boolean;
  /** Gives the rest of the credit back to a client that drains. */
  drained(): void;
  /** Sends at most `capacity()` messages. */
  send(run: MessageRun): void;
}

/** The {@link Outlet} of a link. `onDrain` is called when a full socket has room again. */
export function openOutlet(sender: Sender, onDrain: () => void): Outlet {
  const session = sessionInternals(sender.session);
  const link = senderInternals(sender);
  const { outgoing } = session;
  const socket: Socket = sender.connection.socket;
  const peerFrame = Math.max(512, sender.connection.max_frame_size ?? MAX_UINT);
  const framesPerMessage = Math.ceil(
    (MAX_MESSAGE_BYTES + SMALL_CHUNK) / Math.min(peerFrame - TRANSFER_OVERHEAD, 2 * MAX_MESSAGE_BYTES),
  );
  let waiting = false;

  const queued = (): boolean => outgoing.deliveries.size > 0 || outgoing.next_pending_delivery !== outgoing.next_delivery_id;
  const full = (): boolean => {
    if (socket.writableLength <= MAX_SOCKET_BACKLOG) return false;
    if (!waiting) {
      waiting = true;
      socket.once('drain', () => {
        waiting = false;
        onDrain();
      });
    }
    return true;
  };
  const window = (): number => {
    const transfers = (outgoing.remote_window ?? 0) - (outgoing.next_transfer_id - (outgoing.remote_next_transfer_id ?? 0));
    return framesPerMessage === 1 ? transfers : Math.max(Math.floor(transfers / framesPerMessage), Math.sign(transfers));
  };
  const draining = (): boolean => link[DRAINING] === true;
  return {
    capacity: () => (!sender.is_open() || queued() || full() ? 0 : Math.min(link.credit, window())),
    busy: queued,
    exhausted: () => outgoing.next_transfer_id > MAX_UINT - 2 ** 20,
    credit: () => link.credit,
    draining,
    drained() {
      if (!draining() || link.credit <= 0) return;
      sender.set_drained(true);
      sender.connection[REGISTER]();
    },
    send(run) {
      const count = run.lengths.length;
      const ids = { channel: session.local.channel, handle: link.local.handle, firstDeliveryId: outgoing.next_delivery_id };
      let transfers = count;
      if (run.lengths.every((length) => length + TRANSFER_OVERHEAD <= peerFrame)) {
        const { bytes, giveBack } = borrow(transfersLength(run));
        socket.write(bytes.subarray(0, encodeTransfers(run, ids, bytes)), giveBack);
      } else {
        transfers = 0;
        let at = run.start;
        for (const [i, length] of run.lengths.entries()) {
          const message = run.bytes.subarray(at, at + length);
          const frames = encodeFragments(message, { ...ids, firstDeliveryId: ids.firstDeliveryId + i }, peerFrame);
          socket.write(Buffer.concat(frames));
          transfers += frames.length;
          at += length;
        }
      }
      outgoing.next_delivery_id += count;
      outgoing.next_pending_delivery += count;
      outgoing.next_transfer_id += transfers;
      link.credit -= count;
      link.delivery_count += count;
    },
  };
}
