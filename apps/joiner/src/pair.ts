import { createRecoverableJoin } from '@boxoffice/interval-join';
import type { Hold, JoinInput, RecoverableJoin } from '@boxoffice/interval-join';
import { bytesOfEvent, carry, paymentProcessed, quarantinedEvent, readMessage, streamTick } from '@boxoffice/schemas';
import type {
  BookingPlaced,
  Carried,
  Contract,
  EventQuarantined,
  Origin,
  PaymentProcessed,
  Reading,
  Show,
  StreamTick,
} from '@boxoffice/schemas';
import { joinCutOf } from './checkpoint.ts';
import type { PairCheckpoint, PairSettings } from './checkpoint.ts';
import { WipedHubError, wiped } from './edges.ts';
import { inputs, ofEach, sideOf } from './inputs.ts';
import type { Input } from './inputs.ts';
import { addBooking, addPairing, addPayment } from './joined-events.ts';
import type { HeldBooking, Joined } from './joined-events.ts';
import { sameContent } from './same-content.ts';
import { countEvent, countPairing, countQuarantined, tallyFrom } from './tally.ts';

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
  /** Joined events, as JSON. */
  readonly joined: string[];
  readonly quarantined: EventQuarantined[];
}

/**
 * Partition *n* of both inputs, joined: messages in, events out. The state is rebuilt after a restart by reading again, silently,
 * until both inputs have come to where they were (the barrier); only then does it take what lies beyond. Reads no clock and does
 * no I/O.
 */
export interface Pair {
  /** Why a message may not be taken now; undefined when it may. */
  hold(input: Input, sequenceNumber: number, otherCaughtUp: boolean): Hold | 'state' | undefined;
  /** @throws {WipedHubError} for a message that another stood in the place of. */
  take(input: Input, message: InputMessage): PairOutputs;
  /** What to remember once every output so far has been acknowledged. Not of a pair that is replaying. */
  cut(): PairCheckpoint;
  readonly phase: RecoverableJoin<HeldBooking, Carried>['phase'];
  watermarks(): PairStatus['watermarks'];
  readTo(): PairStatus['readTo'];
  lastClose(): number | undefined;
  status(): PairStatus;
}

/** How a pair stands; times in ms, `-Infinity` for a watermark that is not known. */
export interface PairStatus {
  /** replaying: reading again, silently; repeating: reading again, aloud. */
  readonly phase: Pair['phase'];
  readonly generation: number;
  readonly readTo: Readonly<Record<Input, number>>;
  /** The last sequence numbers to read again in this phase. */
  readonly until: Readonly<Record<Input, number>>;
  readonly watermarks: Readonly<Record<Input | 'joined', number>>;
  readonly open: Readonly<Record<Input, number>>;
  readonly stateBytes: number;
  /** On-time payments that nothing has been said of yet. */
  readonly waitingPayments: number;
  readonly ledger: PairCheckpoint['ledger'];
  readonly outputs: PairCheckpoint['outputs'];
  /** Messages read again, silently or aloud. */
  readonly replayed: number;
  /** Joined events whose show the catalogue did not have. */
  readonly unknownShows: number;
  /** Events read since the start, by the `<type>:<version>` that they were written under; those of a silent replay are not in it. */
  readonly versions: ReadonlyMap<string, number>;
  /** The broker's clock at the newest message of each input, ms; null before the first. */
  readonly enqueuedAt: Readonly<Record<Input, number | null>>;
}

/** What a pair knows of the world outside its two logs. */
export interface PairKnowledge {
  readonly showOf: (showId: string) => Show | null;
  /** How bookings are read: a contract that knows the customers' pseudonyms. */
  readonly bookings: Contract<BookingPlaced>;
}

/** The settings of a pair, with those that decide about memory and not about results. */
export interface PairLimits extends PairSettings {
  /** How far in event time one input may run ahead of the other's backlog, ms. */
  readonly alignmentMs: number;
  /** State beyond which the input that is ahead waits, in bytes. */
  readonly stateMaxBytes: number;
}

type InputEvent = BookingPlaced | PaymentProcessed | StreamTick;

const dedupeId = ({ source, id }: BookingPlaced | PaymentProcessed): string => `${source}\n${id}`;
/** As the engine keeps it: a byte a character, for the texts are nearly always Latin. */
const bytesOf = ({ event, extensions }: Carried): number => event.length + extensions.length + 200;

/** What to say of an event whose time is too far ahead of the broker's clock: it must not touch a watermark. */
const clockSkew = (reading: { readonly at: number; readonly index: number }, message: InputMessage, skewMs: number) => {
  const aheadMs = reading.at - message.enqueuedAt;
  if (aheadMs <= skewMs) return undefined;
  const detail = `/time: is ${aheadMs} ms ahead of the broker's clock, expected at most ${skewMs} ms`;
  return { reason: 'clock-skew', detail, bytes: bytesOfEvent(message.body, reading.index) } as const;
};

const toInput = (event: BookingPlaced | PaymentProcessed, carried: Carried, at: number) => {
  const id = dedupeId(event);
  const { subject: key } = event;
  const bytes = bytesOf(carried);
  if (event.type === 'booking.placed')
    return { side: 'left', key, id, at, bytes, value: { carried, showId: event.data.showId } } as const;
  return { side: 'right', key, id, at, bytes, value: carried, passes: event.data.kind === 'refunded' } as const;
};

const ofInputs = <T>({ left, right }: { readonly left: T; readonly right: T }) => ({ bookings: left, payments: right });

/** Takes up the pair that `checkpoint` describes. */
export const createPair = (
  { alignmentMs, stateMaxBytes, skewMs, ...settings }: PairLimits,
  checkpoint: PairCheckpoint,
  { showOf: findShow, bookings }: PairKnowledge,
): Pair => {
  const readInput = (input: Input, body: Uint8Array): Reading<InputEvent>[] =>
    input === 'bookings' ? readMessage(body, [bookings, streamTick]) : readMessage(body, [paymentProcessed, streamTick]);
  const join = createRecoverableJoin<HeldBooking, Carried>({
    settings,
    cut: joinCutOf(checkpoint),
    alignmentMs,
    same: {
      left: (a, b) => sameContent(a.carried.event, b.carried.event),
      right: (a, b) => sameContent(a.event, b.event),
    },
  });
  const lostTo = { ...checkpoint.lostTo };
  const lostBefore = { ...checkpoint.lostBefore };
  const enqueuedAt = ofEach<number | null>(() => null);
  const probe = { ...checkpoint.probe };
  const toldTo = checkpoint.toldTo ?? -Infinity;
  const tally = tallyFrom(checkpoint);
  const versions = new Map<string, number>();
  let replayed = 0;
  let unknownShows = 0;
  // Messages that were sent together came in together.
  let cameIn = { ms: 0, utc: '1970-01-01T00:00:00.000Z' };

  const noteLoss = (input: Input, upTo: number): void => {
    lostTo[input] = Math.max(upTo, lostTo[input] ?? -Infinity);
    join.lost(sideOf[input], upTo);
  };
  for (const input of inputs) if (lostTo[input] !== null) join.lost(sideOf[input], lostTo[input]);

  const showOf = (showId: string): Show | null => {
    const show = findShow(showId);
    if (!show && join.phase !== 'replaying') unknownShows++;
    return show;
  };

  const tell = (texts: string[], pushed: JoinInput<HeldBooking, Carried>, outcomes: readonly Joined[]): void => {
    const [fate] = outcomes;
    const counts = join.phase === 'live';
    let first = 0;
    if (!('tick' in pushed)) {
      first = 1;
      const refund = pushed.side === 'right' && pushed.passes === true;
      if (counts) countEvent(tally, fate, pushed.side === 'left' ? 'opened' : refund ? 'refunds' : 'payments');
      if (pushed.side === 'left') addBooking(texts, pushed.value, fate, showOf);
      else addPayment(texts, pushed.value, fate, refund);
    }
    for (let index = first; index < outcomes.length; index++) {
      const outcome = outcomes[index]!;
      if (outcome.kind === 'right-undecided' && outcome.closedAt < toldTo) continue;
      if (counts) countPairing(tally, outcome);
      addPairing(texts, outcome, showOf);
    }
  };

  const takeEvent = (input: Input, event: InputEvent, origin: Origin, at: number, texts: string[]): void => {
    const { sequenceNumber } = origin;
    const pushed: JoinInput<HeldBooking, Carried> =
      event.type === 'stream.tick' ? { side: sideOf[input], tick: at } : toInput(event, carry(event, origin), at);
    const outcomes = join.push(sequenceNumber, pushed);
    if (join.phase !== 'replaying') tell(texts, pushed, outcomes);
  };

  /** Whether a message stands where one stood before, and what follows from a hub whose beginning could not be read. */
  const lookAtPlace = (input: Input, { sequenceNumber, enqueuedAt: now }: InputMessage): void => {
    const before = checkpoint.probe[input];
    if (sequenceNumber === before?.sequenceNumber && now !== before.enqueuedAt) {
      const found = `the message at sequence number ${sequenceNumber} came in at ${new Date(now).toISOString()}, and the one that was read there at ${new Date(before.enqueuedAt).toISOString()}`;
      throw new WipedHubError(wiped(input, found));
    }
    const gap = lostBefore[input];
    if (gap === null || sequenceNumber < gap) return;
    // What is gone came in before this, and no event time is further ahead of its coming in than the skew.
    noteLoss(input, now + skewMs);
    lostBefore[input] = null;
  };

  const take = (input: Input, message: InputMessage): PairOutputs => {
    const { hub, partition, sequenceNumber } = message;
    const outputs: PairOutputs = { joined: [], quarantined: [] };
    lookAtPlace(input, message);
    if (sequenceNumber < checkpoint.replayFrom[input]) return outputs;
    if (message.enqueuedAt !== cameIn.ms) cameIn = { ms: message.enqueuedAt, utc: new Date(message.enqueuedAt).toISOString() };
    const silent = join.phase === 'replaying';
    if (join.phase !== 'live') replayed++;
    for (const reading of readInput(input, message.body)) {
      const { index } = reading;
      const origin = { hub, partition, sequenceNumber, index, enqueuedAt: cameIn.utc };
      const failure = reading.ok ? clockSkew(reading, message, skewMs) : reading;
      if (failure) {
        if (silent) continue;
        if (join.phase === 'live') countQuarantined(tally);
        outputs.quarantined.push(quarantinedEvent(origin, failure));
      } else if (reading.ok) {
        if (!silent) {
          const schema = `${reading.event.type}:${reading.version}`;
          versions.set(schema, (versions.get(schema) ?? 0) + 1);
        }
        takeEvent(input, reading.event, origin, reading.at, outputs.joined);
      }
    }
    join.done(sideOf[input], sequenceNumber);
    enqueuedAt[input] = message.enqueuedAt;
    if (sequenceNumber > (probe[input]?.sequenceNumber ?? -1)) probe[input] = { sequenceNumber, enqueuedAt: message.enqueuedAt };
    return outputs;
  };

  const watermarks = (): PairStatus['watermarks'] => {
    const { left, right, joined } = join.watermarks();
    return { bookings: left, payments: right, joined };
  };
  const readTo = (): PairStatus['readTo'] => {
    const { left, right } = join.readTo();
    return { bookings: left, payments: right };
  };

  /** What is no longer of any consequence: nothing that is open could have had a partner among what was lost. */
  const lossStillOpen = (input: Input): number | null => {
    const upTo = lostTo[input];
    return upTo !== null && join.watermarks().joined <= upTo + settings.beforeMs + settings.afterMs ? upTo : null;
  };

  return {
    hold(input, sequenceNumber, otherCaughtUp) {
      if (sequenceNumber < checkpoint.replayFrom[input]) return undefined;
      const held = join.hold(sideOf[input], sequenceNumber, otherCaughtUp);
      if (held !== undefined || join.phase !== 'live' || join.stateBytes() <= stateMaxBytes) return held;
      // The input that holds the watermark goes on, for nothing else lets state go.
      const { left, right } = join.watermarks();
      return (input === 'bookings' ? left > right : right > left) ? 'state' : undefined;
    },
    take,
    cut() {
      const { closedTo, ...cut } = join.cut();
      return {
        generation: checkpoint.generation,
        settings: checkpoint.settings,
        readTo: ofInputs(cut.readTo),
        replayFrom: ofInputs(cut.replayFrom),
        knownTo: ofInputs(cut.knownTo),
        closedTo,
        newest: ofInputs(cut.newest),
        probe: { ...probe },
        epoch: checkpoint.epoch,
        floor: closedTo === null ? checkpoint.floor : closedTo - settings.beforeMs - settings.afterMs,
        toldTo: join.phase === 'live' && closedTo !== null && closedTo > toldTo ? null : checkpoint.toldTo,
        lostTo: ofEach(lossStillOpen),
        lostBefore: { ...lostBefore },
        ...tallyFrom(tally),
      };
    },
    get phase() {
      return join.phase;
    },
    watermarks,
    readTo,
    lastClose: () => join.lastClose(),
    status() {
      const open = join.open();
      return {
        phase: join.phase,
        generation: checkpoint.generation,
        readTo: readTo(),
        until: join.phase === 'replaying' ? checkpoint.readTo : checkpoint.knownTo,
        watermarks: watermarks(),
        open: { bookings: open.left, payments: open.right },
        stateBytes: join.stateBytes(),
        waitingPayments: join.unmatched().right,
        ...tallyFrom(tally),
        replayed,
        unknownShows,
        versions,
        enqueuedAt: { ...enqueuedAt },
      };
    },
  };
};
