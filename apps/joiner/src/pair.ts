import { createIntervalJoin, createReplayMarks } from '@boxoffice/interval-join';
import { bytesOfEvent, paymentProcessed, quarantinedEvent, readMessage, streamTick } from '@boxoffice/schemas';
import type {
  BookingPaymentJoined,
  BookingPlaced,
  Contract,
  EventQuarantined,
  Origin,
  PaymentProcessed,
  Reading,
  Show,
  StreamTick,
} from '@boxoffice/schemas';
import type { PairCheckpoint, PairSettings } from './checkpoint.ts';
import { ofBooking, ofPairing, ofPayment } from './joined-events.ts';
import type { Held, Joined } from './joined-events.ts';
import { countEvent, countPairing, countQuarantined, tallyFrom } from './tally.ts';

/** The two inputs of a pair. */
export type Input = 'bookings' | 'payments';
/** The inputs, in the order in which they are looked at. */
export const inputs: readonly Input[] = ['bookings', 'payments'];

/** A message of an input, as much of it as the join looks at. */
export interface InputMessage {
  readonly hub: string;
  readonly partition: number;
  readonly sequenceNumber: number;
  /** The broker's clock, ms. */
  readonly enqueuedAt: number;
  readonly body: Uint8Array;
}

/** What a message gives rise to, in order. */
export interface PairOutputs {
  readonly joined: BookingPaymentJoined[];
  readonly quarantined: EventQuarantined[];
}

/**
 * Partition *n* of both inputs, joined: messages in, events out. The state is rebuilt after a restart by reading again, so this
 * begins in phase `replaying` when its checkpoint says that there is something to rebuild, and is silent until both inputs have
 * come to where they were (the barrier); only then does it take what lies beyond. Reads no clock and does no I/O.
 */
export interface Pair {
  /** Whether a message may be taken now: while replaying, what lies beyond the barrier has to wait for the other input. */
  mayTake(input: Input, sequenceNumber: number): boolean;
  take(input: Input, message: InputMessage): PairOutputs;
  /** What to remember once every output so far has been acknowledged. Only of a live pair. */
  cut(): PairCheckpoint;
  readonly live: boolean;
  watermarks(): PairStatus['watermarks'];
  status(): PairStatus;
}

/** How a pair stands; times in ms, `-Infinity` for a watermark that is not known. */
export interface PairStatus {
  readonly phase: 'replaying' | 'live';
  readonly generation: number;
  readonly readTo: Readonly<Record<Input, number>>;
  readonly watermarks: Readonly<Record<Input | 'joined', number>>;
  readonly open: Readonly<Record<Input, number>>;
  /** On-time payments that nothing has been said of yet. */
  readonly waitingPayments: number;
  /** Just above this everything that is open now would be closed; undefined when nothing is. */
  readonly lastClose: number | undefined;
  readonly ledger: PairCheckpoint['ledger'];
  readonly outputs: PairCheckpoint['outputs'];
  /** Messages read again to rebuild the state. */
  readonly replayed: number;
  /** Bookings whose show the catalogue did not have. */
  readonly unknownShows: number;
  /** Events read live since the start, by the `<type>:<version>` that they were written under. */
  readonly versions: ReadonlyMap<string, number>;
  /** The broker's clock at the newest message, ms. */
  readonly enqueuedAt: number;
}

type InputEvent = BookingPlaced | PaymentProcessed | StreamTick;

const dedupeId = ({ source, id }: BookingPlaced | PaymentProcessed): string => `${source}\n${id}`;

/** What to say of an event whose time is too far ahead of the broker's clock: it must not touch a watermark. */
const clockSkew = (reading: { readonly at: number; readonly index: number }, message: InputMessage, { skewMs }: PairSettings) => {
  const aheadMs = reading.at - message.enqueuedAt;
  if (aheadMs <= skewMs) return undefined;
  const detail = `/time: is ${aheadMs} ms ahead of the broker's clock, expected at most ${skewMs} ms`;
  return { reason: 'clock-skew', detail, bytes: bytesOfEvent(message.body, reading.index) } as const;
};

/** What a pair knows of the world outside its two logs. */
export interface PairKnowledge {
  readonly showOf: (showId: string) => Show | null;
  /** How bookings are read: a contract that knows the customers' pseudonyms. */
  readonly bookings: Contract<BookingPlaced>;
}

/** Takes up the pair that `checkpoint` describes. */
export const createPair = (
  settings: PairSettings,
  checkpoint: PairCheckpoint,
  { showOf: findShow, bookings }: PairKnowledge,
): Pair => {
  const readInput = (input: Input, body: Uint8Array): Reading<InputEvent>[] =>
    input === 'bookings' ? readMessage(body, [bookings, streamTick]) : readMessage(body, [paymentProcessed, streamTick]);
  const join = createIntervalJoin<Held<BookingPlaced>, Held<PaymentProcessed>>(settings);
  const marks = { bookings: createReplayMarks(), payments: createReplayMarks() };
  const readTo = { bookings: checkpoint.replayFrom.bookings - 1, payments: checkpoint.replayFrom.payments - 1 };
  const barrier = checkpoint.readTo;
  const reached = { bookings: readTo.bookings >= barrier.bookings, payments: readTo.payments >= barrier.payments };
  // What is read again has been counted before: until the barrier this counts for nobody.
  let tally = tallyFrom(checkpoint);
  let live = false;
  let replayed = 0;
  let unknownShows = 0;
  let enqueuedAt = 0;
  const versions = new Map<string, number>();

  const passBarrier = (input: Input): void => {
    reached[input] = true;
    if (live || !reached.bookings || !reached.payments) return;
    live = true;
    tally = tallyFrom(checkpoint);
    unknownShows = 0;
    if (checkpoint.closedTo !== null) join.forgetClosed(checkpoint.closedTo);
  };
  for (const input of inputs) if (reached[input]) passBarrier(input);

  const showOf = (showId: string): Show | null => {
    const show = findShow(showId);
    if (!show) unknownShows++;
    return show;
  };

  const pairUp = (outputs: readonly Joined[]): BookingPaymentJoined[] =>
    outputs.flatMap((output) => {
      countPairing(tally, output);
      return ofPairing(output, showOf);
    });

  const takeEvent = (input: Input, event: InputEvent, origin: Origin, at: number): BookingPaymentJoined[] => {
    switch (event.type) {
      case 'stream.tick':
        return pairUp(join.push({ side: input === 'bookings' ? 'left' : 'right', tick: at }));
      case 'booking.placed': {
        const held = { event, origin, at };
        const [fate, ...pairing] = join.push({ side: 'left', key: event.subject, id: dedupeId(event), at, value: held });
        countEvent(tally, fate, 'opened');
        return [...ofBooking(held, fate, showOf), ...pairUp(pairing)];
      }
      case 'payment.processed': {
        const held = { event, origin, at };
        const passes = event.data.kind === 'refunded';
        const [fate, ...pairing] = join.push({ side: 'right', key: event.subject, id: dedupeId(event), at, value: held, passes });
        countEvent(tally, fate, passes ? 'refunds' : 'payments');
        return [...ofPayment(held, fate), ...pairUp(pairing)];
      }
      default:
        return event satisfies never;
    }
  };

  const takeMessage = (input: Input, message: InputMessage): PairOutputs => {
    const { hub, partition, sequenceNumber } = message;
    const outputs: PairOutputs = { joined: [], quarantined: [] };
    for (const reading of readInput(input, message.body)) {
      const { index } = reading;
      const origin = { hub, partition, sequenceNumber, index, enqueuedAt: new Date(message.enqueuedAt).toISOString() };
      const failure = reading.ok ? clockSkew(reading, message, settings) : reading;
      if (failure) {
        countQuarantined(tally);
        outputs.quarantined.push(quarantinedEvent(origin, failure));
      } else if (reading.ok) {
        marks[input].read(sequenceNumber, reading.at);
        const schema = `${reading.event.type}:${reading.version}`;
        if (live) versions.set(schema, (versions.get(schema) ?? 0) + 1);
        outputs.joined.push(...takeEvent(input, reading.event, origin, reading.at));
      }
    }
    readTo[input] = sequenceNumber;
    enqueuedAt = Math.max(enqueuedAt, message.enqueuedAt);
    return outputs;
  };

  const watermarks = (): PairStatus['watermarks'] => {
    const { left, right, joined } = join.watermarks();
    return { bookings: left, payments: right, joined };
  };

  return {
    mayTake(input, sequenceNumber) {
      // Beyond the barrier already: what lay before it is no longer in the hub.
      if (!live && sequenceNumber > barrier[input]) passBarrier(input);
      return live || sequenceNumber <= barrier[input];
    },
    take(input, message) {
      if (live) return takeMessage(input, message);
      // Read again to rebuild the state; what follows from it has been sent before.
      takeMessage(input, message);
      replayed++;
      if (message.sequenceNumber >= barrier[input]) passBarrier(input);
      return { joined: [], quarantined: [] };
    },
    cut() {
      if (!live) throw new Error('a pair that is replaying has nothing new to remember');
      const floor = join.replayFloor();
      const from = (input: Input) => marks[input].first(floor) ?? readTo[input] + 1;
      const { joined } = join.watermarks();
      return {
        generation: checkpoint.generation,
        settings: checkpoint.settings,
        readTo: { ...readTo },
        replayFrom: { bookings: from('bookings'), payments: from('payments') },
        closedTo: Number.isFinite(joined) ? joined : null,
        ...tallyFrom(tally),
      };
    },
    get live() {
      return live;
    },
    watermarks,
    status() {
      const open = join.open();
      return {
        phase: live ? 'live' : 'replaying',
        generation: checkpoint.generation,
        readTo: { ...readTo },
        watermarks: watermarks(),
        open: { bookings: open.left, payments: open.right },
        waitingPayments: join.unmatched().right,
        lastClose: join.lastClose(),
        ...tallyFrom(live ? tally : checkpoint),
        replayed,
        unknownShows,
        versions,
        enqueuedAt,
      };
    },
  };
};
