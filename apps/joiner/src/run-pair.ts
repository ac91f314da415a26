import type { DocumentStore, Hubs } from '@boxoffice/hubs';
import { packEvents, progressEvent, tickEvent, writeEvent } from '@boxoffice/schemas';
import type { Logger } from '@boxoffice/service-kit';
import { mustWait } from './alignment.ts';
import type { PairCheckpoint } from './checkpoint.ts';
import type { Config } from './config.ts';
import { openFeed, refill } from './feed.ts';
import { createOutbox } from './outbox.ts';
import { claimPair } from './pair-document.ts';
import { createPair, inputs } from './pair.ts';
import type { Input, PairKnowledge, PairStatus } from './pair.ts';
import { tickTime } from './tick.ts';

/** What the pairs share. */
export interface PairContext {
  readonly config: Config;
  readonly hubs: Hubs;
  readonly documents: DocumentStore;
  readonly knowledge: PairKnowledge;
  readonly log: Logger;
  /** Asks for a drained stop. */
  readonly signal: AbortSignal;
  /** Gives up on sending; some time after `signal`. */
  readonly giveUp: AbortSignal;
}

/** A pair at work. */
export interface RunningPair {
  readonly partition: number;
  status(): PairStatus;
  /** The last checkpoint; what it covers has been acknowledged by the joined hub. */
  checkpointed(): PairCheckpoint;
  /** Whether the broker's word is that an input has nothing more. */
  caughtUp(input: Input): boolean;
  /** Resolves once stopped and drained. @throws when the pair cannot go on. */
  readonly done: Promise<void>;
}

type Outgoing = { readonly to: 'joined' | 'quarantine'; readonly event: object };
type Cut = { readonly checkpoint: PairCheckpoint; readonly status: PairStatus };

const other = (input: Input): Input => (input === 'bookings' ? 'payments' : 'bookings');
const instant = (ms: number | null): string | null => (ms === null || !Number.isFinite(ms) ? null : new Date(ms).toISOString());

const progressOf = (partition: number, { checkpoint, status }: Cut): object => {
  const { generation, readTo, closedTo, ledger, outputs } = checkpoint;
  const input = (name: Input) => ({
    readTo: readTo[name] < 0 ? null : readTo[name],
    watermark: instant(status.watermarks[name]),
  });
  const progress = { bookings: input('bookings'), payments: input('payments') };
  return progressEvent(status.enqueuedAt, {
    partition,
    generation,
    watermark: instant(closedTo),
    inputs: progress,
    ledger,
    outputs,
    waitingPayments: status.waitingPayments,
  });
};

/**
 * Runs one pair: read both inputs, join, send; and when all of a cut is acknowledged, publish its progress, then write its
 * checkpoint. A pair that somebody else has claimed ends with an error, and so does one that its hubs refuse.
 */
export const runPair = async (context: PairContext, partition: number): Promise<RunningPair> => {
  const { config, hubs, documents, log, signal, giveUp } = context;
  const hubOf = { bookings: config.bookingsHub, payments: config.paymentsHub };
  const name = `${config.consumerGroup}-${hubOf.bookings}-${hubOf.payments}-${partition}`;
  const document = await claimPair(documents, name, config, log);
  const start = document.written;
  const pair = createPair(config, start, context.knowledge);

  const joined = hubs.publisher(config.joinedHub);
  const quarantine = hubs.publisher(config.quarantineHub);
  const send = async (items: readonly Outgoing[]): Promise<void> => {
    const of = (to: Outgoing['to']) => items.flatMap((item) => (item.to === to ? [item.event] : []));
    const messages = packEvents(of('joined'), { maxEvents: config.packing });
    await Promise.all([
      joined.publish(
        messages.map((message) => ({ ...message, partition })),
        giveUp,
      ),
      // A quarantined event can be nearly as large as a message may be, so each travels alone.
      quarantine.publish(
        of('quarantine').map((event) => ({ ...writeEvent(event), partition })),
        giveUp,
      ),
    ]);
  };
  const outbox = createOutbox<Outgoing, Cut>({
    send,
    async onMark(cut) {
      await joined.publish([{ ...writeEvent(progressOf(partition, cut)), partition }], giveUp);
      await document.write(cut.checkpoint);
    },
    room: config.outboxEvents,
  });

  const feed = (input: Input) => {
    const first = start.replayFrom[input];
    const from = first > 0 ? { after: first - 1 } : ('earliest' as const);
    const options = { hub: hubOf[input], group: config.consumerGroup, partition, from, ownerLevel: start.generation, signal };
    return openFeed(hubs, options, Date.now);
  };
  const feeds = { bookings: feed('bookings'), payments: feed('payments') };
  const tickedAt = { bookings: -Infinity, payments: -Infinity };
  let openSince = -Infinity;
  let cutAt = Date.now();
  let { readTo: marked } = start;

  /** Takes what may be taken of what has been read; returns whether that was anything. */
  const takeFrom = (input: Input): boolean => {
    let taken = false;
    for (let message = feeds[input].head(); message; message = feeds[input].head()) {
      if (!pair.mayTake(input, message.sequenceNumber)) break;
      if (pair.live && mustWait(pair.watermarks(), input, feeds[other(input)].caughtUp, config)) break;
      const outputs = pair.take(input, message);
      outbox.add(outputs.joined.map((event) => ({ to: 'joined', event })));
      outbox.add(outputs.quarantined.map((event) => ({ to: 'quarantine', event })));
      feeds[input].shift();
      taken = true;
    }
    return taken;
  };
  const takeAll = (): void => {
    for (let more = true; more;) more = inputs.map(takeFrom).includes(true);
  };

  const tick = async (input: Input): Promise<void> => {
    const now = Date.now();
    // An input that has rested for long gets its time from when somebody began to wait for it: the bookings of a backfill
    // come shortly before their payments.
    const idleSince = Math.max(feeds[input].newAt, tickedAt[input], openSince);
    if (!pair.live || !feeds[input].caughtUp || now - idleSince < config.idleAfterMs) return;
    const time = tickTime(pair.status(), input, now, config);
    if (time === undefined) return;
    tickedAt[input] = now;
    await hubs.publisher(hubOf[input]).publish([{ ...writeEvent(tickEvent(hubOf[input], partition, time)), partition }], giveUp);
  };

  const cut = (): void => {
    const status = pair.status();
    if (!pair.live || inputs.every((input) => status.readTo[input] <= marked[input])) return;
    const checkpoint = pair.cut();
    marked = checkpoint.readTo;
    cutAt = Date.now();
    outbox.mark({ checkpoint, status });
  };

  const run = async (): Promise<void> => {
    try {
      while (await refill(inputs.map((input) => feeds[input]))) {
        const wasOpen = pair.status().lastClose !== undefined;
        takeAll();
        if (!wasOpen && pair.status().lastClose !== undefined) openSince = Date.now();
        for (const input of inputs) if (!feeds[input].head()) await feeds[input].look(pair.status().readTo[input]);
        takeAll();
        for (const input of inputs) await tick(input);
        if (Date.now() - cutAt >= config.checkpointEveryMs) cut();
        await outbox.room();
      }
      cut();
      await outbox.drained();
    } finally {
      await Promise.all(inputs.map((input) => feeds[input].close()));
    }
    log.info({ partition, readTo: document.written.readTo }, 'pair drained');
  };

  return {
    partition,
    status: () => pair.status(),
    checkpointed: () => document.written,
    caughtUp: (input) => feeds[input].caughtUp,
    done: run(),
  };
};
