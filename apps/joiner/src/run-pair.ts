import { DocumentConflictError, OwnershipLostError } from '@boxoffice/hubs';
import type { DocumentStore, Hubs } from '@boxoffice/hubs';
import { packTexts, tickEvent, writeEvent } from '@boxoffice/schemas';
import type { EventQuarantined } from '@boxoffice/schemas';
import type { Logger } from '@boxoffice/service-kit';
import type { Config } from './config.ts';
import { firstOf } from './edges.ts';
import { openFeed, refill } from './feed.ts';
import type { Feed } from './feed.ts';
import { inputs, ofEach, otherThan } from './inputs.ts';
import type { Input } from './inputs.ts';
import type { Mirror, Place, Places } from './mirror.ts';
import { createOutbox } from './outbox.ts';
import type { PairDocument } from './pair-document.ts';
import { createPair } from './pair.ts';
import type { Pair, PairKnowledge, PairLimits } from './pair.ts';
import { progressOf } from './progress.ts';
import type { Cut } from './progress.ts';
import { tickTime } from './tick.ts';

/** What the pairs share. */
export interface PairContext {
  readonly config: Config;
  readonly hubs: Hubs;
  readonly documents: DocumentStore;
  readonly knowledge: PairKnowledge;
  readonly mirror: Mirror;
  readonly log: Logger;
  /** Gives up on sending; some time after everything was asked to stop. */
  readonly giveUp: AbortSignal;
}

/** A pair that is being read. */
export interface PairRun {
  readonly pair: Pair;
  readonly feeds: Readonly<Record<Input, Feed>>;
  /** What an input waits for with a message in hand. */
  readonly held: Readonly<Record<Input, ReturnType<Pair['hold']>>>;
  /** Whether the joined hub takes less than there is to send. */
  readonly congested: boolean;
  readonly startedAt: number;
  /** Resolves once stopped and drained. @throws when it cannot go on. */
  readonly done: Promise<void>;
}

/** Somebody else has the pair now. */
export const isFenced = (error: unknown): boolean =>
  error instanceof OwnershipLostError || error instanceof DocumentConflictError;

/** Retention has overtaken the reader. */
export class OvertakenError extends Error {
  override readonly name = 'OvertakenError';
}

type Outgoing = string | EventQuarantined;

/**
 * Runs one pair from its document's checkpoint on: read both inputs, join, send; and when all of a cut is acknowledged, publish
 * its progress, then write its checkpoint. Ends when `signal` aborts, with everything that was taken sent and remembered.
 */
export const runPair = (
  { config, hubs, knowledge, mirror, log, giveUp }: PairContext,
  limits: PairLimits,
  partition: number,
  document: PairDocument,
  state: Readonly<Record<Input, Feed['state']>>,
  signal: AbortSignal,
): PairRun => {
  const hubOf = { bookings: config.bookingsHub, payments: config.paymentsHub };
  const start = document.written;
  const pair = createPair(limits, start, knowledge);
  const startedAt = Date.now();
  const fenced = new AbortController();
  const sending = AbortSignal.any([giveUp, fenced.signal]);

  const joined = hubs.publisher(config.joinedHub);
  const quarantine = hubs.publisher(config.quarantineHub);
  const outbox = createOutbox<Outgoing, Cut & { readonly places: Places }>({
    async send(items) {
      const texts = items.filter((item) => typeof item === 'string');
      const spoiled = items.filter((item) => typeof item !== 'string');
      const messages = packTexts(texts, { maxEvents: config.packing });
      await Promise.all([
        joined.publish(
          messages.map((message) => ({ ...message, partition })),
          sending,
        ),
        // A quarantined event can be nearly as large as a message may be, so each travels alone.
        quarantine.publish(
          spoiled.map((event) => ({ ...writeEvent(event), partition })),
          sending,
        ),
      ]);
    },
    async onMark(cut) {
      // While the past is read again its positions are behind what was told before, and tell nothing new.
      if (inputs.every((input) => cut.checkpoint.readTo[input] >= start.knownTo[input]))
        await joined.publish([{ ...writeEvent(progressOf(partition, cut)), partition }], sending);
      await document.write(cut.checkpoint);
      mirror.note(cut.places);
    },
    room: config.outboxEvents,
  });

  const places: { [K in Input]?: Place } = {};
  const feeds = ofEach((input) => {
    // From a message on that was read, where there is one: that it stands where it stood tells that the hub is the same.
    const { [input]: probe } = start.probe;
    const first = Math.max(firstOf(state[input]), Math.min(start.replayFrom[input], probe?.sequenceNumber ?? Infinity));
    const from = first > 0 ? { after: first - 1 } : ('earliest' as const);
    const options = { hub: hubOf[input], group: config.consumerGroup, partition, from, ownerLevel: start.generation, signal };
    return openFeed(hubs, options, state[input], Date.now);
  });
  const held = ofEach<ReturnType<Pair['hold']>>(() => undefined);
  const jumped = ofEach(() => -1);
  const tickedAt = ofEach(() => -Infinity);
  let congested = false;
  let openSince = -Infinity;
  let cutAt = startedAt;
  let { readTo: marked } = start;

  /** Takes what may be taken of what has been read; returns whether that was anything. */
  const takeFrom = (input: Input): boolean => {
    const feed = feeds[input];
    const other = feeds[otherThan(input)];
    let taken = false;
    let expected = pair.readTo()[input] + 1;
    held[input] = undefined;
    for (let message = feed.head(); message; message = feed.head()) {
      const { sequenceNumber } = message;
      held[input] = pair.hold(input, sequenceNumber, other.caughtUp);
      if (held[input] || (sequenceNumber > expected && jumped[input] !== sequenceNumber)) break;
      const outputs = pair.take(input, message);
      outbox.add(outputs.joined);
      outbox.add(outputs.quarantined);
      const { hub, offset } = message;
      places[input] = { hub, partition, sequenceNumber, offset };
      expected = sequenceNumber + 1;
      feed.shift();
      taken = true;
    }
    return taken;
  };
  const takeAll = (): void => {
    for (let more = true; more;) more = inputs.map(takeFrom).includes(true);
  };

  /** What is missing between two messages was deleted before it could be read, or was never there: the broker knows. */
  const lookAtJump = async (input: Input): Promise<void> => {
    const expected = pair.readTo()[input] + 1;
    const next = feeds[input].head()?.sequenceNumber;
    if (next === undefined || next <= expected || next === jumped[input] || held[input]) return;
    if (firstOf(await hubs.partitionState(hubOf[input], partition, signal)) > expected)
      throw new OvertakenError(`retention has deleted ${hubOf[input]}/${partition} from sequence number ${expected} on`);
    jumped[input] = next;
  };

  const tick = async (input: Input): Promise<void> => {
    // An input that has rested for long gets its time from when somebody began to wait for it: the bookings of a backfill
    // come shortly before their payments.
    const idleSince = Math.max(feeds[input].newAt, tickedAt[input], openSince);
    if (pair.phase !== 'live' || !feeds[input].caughtUp || Date.now() - idleSince < config.idleAfterMs) return;
    const due = () => tickTime(pair.watermarks(), pair.lastClose(), input, Date.now(), config);
    if (due() === undefined) return;
    // This process may have slept for hours: is the pair still ours, and is there still nothing more?
    await document.confirm();
    await feeds[input].look(pair.readTo()[input], 0);
    const time = feeds[input].caughtUp ? due() : undefined;
    // Asked to stop meanwhile, nobody has answered.
    if (time === undefined || signal.aborted) return;
    tickedAt[input] = Date.now();
    await hubs.publisher(hubOf[input]).publish([{ ...writeEvent(tickEvent(hubOf[input], partition, time)), partition }], sending);
  };

  const cut = (): void => {
    if (pair.phase === 'replaying') return;
    const readTo = pair.readTo();
    if (inputs.every((input) => readTo[input] <= marked[input])) return;
    const checkpoint = pair.cut();
    marked = checkpoint.readTo;
    cutAt = Date.now();
    outbox.mark({
      checkpoint,
      watermarks: pair.watermarks(),
      waitingPayments: pair.status().waitingPayments,
      places: Object.values(places),
    });
  };

  const run = async (): Promise<void> => {
    try {
      while (await refill(inputs.map((input) => feeds[input]))) {
        const wasOpen = pair.lastClose() !== undefined;
        takeAll();
        if (!wasOpen && pair.lastClose() !== undefined) openSince = Date.now();
        for (const input of inputs) {
          await lookAtJump(input);
          const quiet = !feeds[input].head() && !feeds[input].caughtUp;
          await feeds[input].look(pair.readTo()[input], quiet ? config.lookEveryMs : 5 * config.lookEveryMs);
        }
        takeAll();
        for (const input of inputs) await tick(input);
        if (Date.now() - cutAt >= config.checkpointEveryMs) cut();
        congested = true;
        await outbox.room();
        congested = false;
      }
      cut();
      await outbox.drained();
    } catch (error) {
      fenced.abort(error);
      throw error;
    } finally {
      await Promise.all(inputs.map((input) => feeds[input].close()));
    }
    log.info({ partition, readTo: document.written.readTo }, 'pair drained');
  };

  return {
    pair,
    feeds,
    held,
    get congested() {
      return congested;
    },
    startedAt,
    done: run(),
  };
};
