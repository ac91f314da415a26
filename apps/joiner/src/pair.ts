import { createIntervalJoin, createReplayMarks } from '@boxoffice/interval-join';
import type { JoinOutput } from '@boxoffice/interval-join';
import { bookingPlaced, joinedEvent, paymentProcessed, quarantinedEvent, readMessage, streamTick } from '@boxoffice/schemas';
import type {
  BookingPaymentJoined,
  BookingPlaced,
  EventQuarantined,
  Origin,
  PaymentProcessed,
  Reading,
  Show,
  SourcedBooking,
  SourcedPayment,
  StreamTick,
} from '@boxoffice/schemas';
import type { PairCheckpoint, PairSettings } from './checkpoint.ts';

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
  /** Just above this everything that is open now would be closed; undefined when nothing is. */
  readonly lastClose: number | undefined;
  readonly ledger: PairCheckpoint['ledger'];
  readonly outputs: PairCheckpoint['outputs'];
  /** Messages read again to rebuild the state. */
  readonly replayed: number;
  /** Bookings whose show the catalogue did not have. */
  readonly unknownShows: number;
  /** The broker's clock at the newest message, ms. */
  readonly enqueuedAt: number;
}

type Held<E> = { readonly event: E; readonly origin: Origin; readonly at: number };

const sourced = <E>({ event, origin }: Held<E>): { event: E; origin: Origin } => ({ event, origin });

type InputEvent = BookingPlaced | PaymentProcessed | StreamTick;

const readInput = (input: Input, body: Uint8Array): Reading<InputEvent>[] =>
  input === 'bookings' ? readMessage(body, [bookingPlaced, streamTick]) : readMessage(body, [paymentProcessed, streamTick]);

/** Takes up partition `checkpoint` describes, with shows looked up in `showOf`. */
export const createPair = (settings: PairSettings, checkpoint: PairCheckpoint, showOf: (showId: string) => Show | null): Pair => {
  const join = createIntervalJoin<Held<BookingPlaced>, Held<PaymentProcessed>>(settings);
  const marks = { bookings: createReplayMarks(), payments: createReplayMarks() };
  const readTo = { bookings: checkpoint.replayFrom.bookings - 1, payments: checkpoint.replayFrom.payments - 1 };
  const barrier = checkpoint.readTo;
  const reached = { bookings: readTo.bookings >= barrier.bookings, payments: readTo.payments >= barrier.payments };
  const ledger = { ...checkpoint.ledger };
  const counts = { ...checkpoint.outputs };
  let live = false;
  let replayed = 0;
  let unknownShows = 0;
  let enqueuedAt = 0;

  const passBarrier = (input: Input): void => {
    reached[input] = true;
    if (live || !reached.bookings || !reached.payments) return;
    live = true;
    if (checkpoint.closedTo !== null) join.forgetClosed(checkpoint.closedTo);
  };
  for (const input of inputs) if (reached[input]) passBarrier(input);

  const findShow = (showId: string): Show | null => {
    const show = showOf(showId);
    if (!show) unknownShows++;
    return show;
  };

  const joinedOf = (output: JoinOutput<Held<BookingPlaced>, Held<PaymentProcessed>>): BookingPaymentJoined | undefined => {
    switch (output.kind) {
      case 'matched': {
        const [booking, payment]: [SourcedBooking, SourcedPayment] = [sourced(output.left), sourced(output.right)];
        const show = findShow(booking.event.data.showId);
        counts.matched++;
        return joinedEvent(
          booking.event.subject,
          Math.max(output.left.at, output.right.at),
          { kind: 'matched', booking, payment, show },
          booking.event,
        );
      }
      case 'left-unmatched': {
        const { event } = output.left;
        counts.bookingUnmatched++;
        return joinedEvent(
          event.subject,
          output.closedAt,
          { kind: 'booking-unmatched', closedAt: new Date(output.closedAt).toISOString() },
          event,
        );
      }
      case 'right-unmatched': {
        const { event } = output.right;
        const data = {
          kind: 'payment-unmatched',
          payment: sourced(output.right),
          closedAt: new Date(output.closedAt).toISOString(),
        } as const;
        counts.paymentUnmatched++;
        return joinedEvent(event.subject, output.closedAt, data, event);
      }
      case 'late':
      case 'duplicate':
      case 'entered':
        return undefined;
      default:
        return output satisfies never;
    }
  };

  const takeBooking = (held: Held<BookingPlaced>, outputs: BookingPaymentJoined[]): void => {
    const { event, at } = held;
    const [own, ...following] = join.push({
      side: 'left',
      key: event.subject,
      id: `${event.source}\n${event.id}`,
      at,
      value: held,
    });
    const booking = sourced(held);
    if (own?.kind === 'late') {
      ledger.late++;
      const data = { kind: 'late', side: 'booking', booking, lateByMs: own.lateByMs, show: findShow(event.data.showId) } as const;
      outputs.push(joinedEvent(event.subject, at, data, event));
    } else if (own?.kind === 'duplicate') ledger.duplicate++;
    else {
      ledger.opened++;
      outputs.push(joinedEvent(event.subject, at, { kind: 'booking-opened', booking, show: findShow(event.data.showId) }, event));
    }
    outputs.push(...following.flatMap((each) => joinedOf(each) ?? []));
  };

  const takePayment = (held: Held<PaymentProcessed>, outputs: BookingPaymentJoined[]): void => {
    const { event, at } = held;
    const passes = event.data.kind === 'refunded';
    const [own, ...following] = join.push({
      side: 'right',
      key: event.subject,
      id: `${event.source}\n${event.id}`,
      at,
      value: held,
      passes,
    });
    const payment = sourced(held);
    if (own?.kind === 'late') {
      ledger.late++;
      outputs.push(joinedEvent(event.subject, at, { kind: 'late', side: 'payment', payment, lateByMs: own.lateByMs }, event));
    } else if (own?.kind === 'duplicate') ledger.duplicate++;
    else if (passes) {
      ledger.refunds++;
      outputs.push(joinedEvent(event.subject, at, { kind: 'refund-recorded', payment }, event));
    } else ledger.payments++;
    outputs.push(...following.flatMap((each) => joinedOf(each) ?? []));
  };

  const takeReading = (
    input: Input,
    origin: Origin,
    message: InputMessage,
    reading: Reading<InputEvent>,
    outputs: PairOutputs,
  ): void => {
    const quarantine = (failure: Parameters<typeof quarantinedEvent>[1]): void => {
      ledger.received++;
      ledger.quarantined++;
      outputs.quarantined.push(quarantinedEvent(origin, failure));
    };
    if (!reading.ok) return quarantine(reading);
    const { event, at } = reading;
    const aheadMs = at - message.enqueuedAt;
    if (aheadMs > settings.skewMs)
      return quarantine({
        reason: 'clock-skew',
        detail: `time: is ${aheadMs} ms ahead of the broker's clock, expected at most ${settings.skewMs} ms`,
        bytes: Buffer.from(JSON.stringify(event)),
      });
    marks[input].read(message.sequenceNumber, at);
    if (event.type === 'stream.tick') {
      const following = join.push({ side: input === 'bookings' ? 'left' : 'right', tick: at });
      outputs.joined.push(...following.flatMap((each) => joinedOf(each) ?? []));
      return;
    }
    ledger.received++;
    if (event.type === 'booking.placed') takeBooking({ event, origin, at }, outputs.joined);
    else takePayment({ event, origin, at }, outputs.joined);
  };

  const takeMessage = (input: Input, message: InputMessage): PairOutputs => {
    const outputs: PairOutputs = { joined: [], quarantined: [] };
    const { hub, partition, sequenceNumber } = message;
    const at = new Date(message.enqueuedAt).toISOString();
    for (const reading of readInput(input, message.body))
      takeReading(input, { hub, partition, sequenceNumber, index: reading.index, enqueuedAt: at }, message, reading, outputs);
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
      // Read again to rebuild the state: it has been counted and sent before.
      const before = { ledger: { ...ledger }, counts: { ...counts }, unknownShows };
      takeMessage(input, message);
      Object.assign(ledger, before.ledger);
      Object.assign(counts, before.counts);
      ({ unknownShows } = before);
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
        ledger: { ...ledger },
        outputs: { ...counts },
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
        lastClose: join.lastClose(),
        ledger: { ...ledger },
        outputs: { ...counts },
        replayed,
        unknownShows,
        enqueuedAt,
      };
    },
  };
};
