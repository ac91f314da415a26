import { claimed, freshCheckpoint } from './checkpoint.ts';
import type { PairCheckpoint, PairSettings } from './checkpoint.ts';
import { WipedHubError, atOldest, beginningOf, shorten } from './edges.ts';
import type { Refusal } from './edges.ts';
import { claimPair } from './pair-document.ts';
import type { PairDocument } from './pair-document.ts';
import { OvertakenError, isFenced, runPair } from './run-pair.ts';
import type { PairContext, PairRun } from './run-pair.ts';

/** A pair that this instance owns, or has owned until lately. */
export interface OwnedPair {
  readonly partition: number;
  /** While it is being read, and after. */
  readonly run: PairRun | undefined;
  /** The last checkpoint; what it covers has been acknowledged by the joined hub. Undefined until it was claimed. */
  readonly checkpoint: PairCheckpoint | undefined;
  /** Somebody else has it now. */
  readonly fenced: boolean;
  /** Why it does not go on by itself. */
  readonly refusal: Refusal | undefined;
}

/** The pairs that this instance owns. */
export interface Owned {
  pairs(): readonly OwnedPair[];
  /** Sees to it that these pairs are at work and no others, and that what was changed from outside is taken up again. */
  keep(mine: ReadonlySet<number>): Promise<void>;
  /** As `keep`, of the same pairs as before: something was changed. */
  look(): Promise<void>;
  /** Rejects when a pair cannot go on. */
  readonly failed: Promise<never>;
  /** Stops all, drained. @throws what the first to fail threw. */
  stop(): Promise<void>;
}

interface Slot extends OwnedPair {
  readonly stopping: AbortController;
  document: PairDocument | undefined;
  run: PairRun | undefined;
  fenced: boolean;
  refusal: Refusal | undefined;
  /** Resolves when it is no longer at work, whatever the reason. */
  done: Promise<void>;
}

/** The name of a pair's document. */
export const pairName = ({ consumerGroup, bookingsHub, paymentsHub }: PairContext['config'], partition: number): string =>
  `${consumerGroup}-${bookingsHub}-${paymentsHub}-${partition}`;

/** No pair is at work yet. */
export const createOwned = (context: PairContext): Owned => {
  const { config, hubs, documents, log } = context;
  const { beforeMs, afterMs, boundMs, skewMs, alignmentMs, stateMaxBytes } = config;
  const settings: PairSettings = { beforeMs, afterMs, boundMs, skewMs };
  const limits = { ...settings, alignmentMs, stateMaxBytes };
  const slots = new Map<number, Slot>();
  const failed = Promise.withResolvers<never>();
  // Nobody need be waiting for it.
  failed.promise.catch(() => undefined);

  const lookAt = async (partition: number, signal: AbortSignal) => {
    const [bookings, payments] = await Promise.all([
      hubs.partitionState(config.bookingsHub, partition, signal),
      hubs.partitionState(config.paymentsHub, partition, signal),
    ]);
    return { bookings, payments };
  };

  const claim = async (slot: Slot): Promise<void> => {
    const { partition } = slot;
    const state = await lookAt(partition, slot.stopping.signal);
    let refusal: Refusal | undefined;
    const document = await claimPair(documents, pairName(config, partition), (found) => {
      if (!found) return claimed(atOldest(freshCheckpoint(settings), state), settings);
      const next = claimed(found, settings);
      if (next.settings !== found.settings)
        log.warn(
          { partition, replayFrom: next.replayFrom },
          'the settings of the join have changed: what was open is joined again under the new ones, and said again',
        );
      const beginning = beginningOf(next, state);
      if (!beginning.go) {
        ({ refusal } = beginning);
        return next;
      }
      for (const { input, from, to } of beginning.shortened)
        log.warn(
          { partition, input, from, to },
          'retention has deleted what was to be read again: going on from the oldest message; of what could have had its partner there nobody is told that it has none',
        );
      return shorten(next, beginning.shortened);
    });
    slot.document = document;
    slot.refusal = refusal;
    if (refusal) log.error({ partition }, refusal.message);
    else slot.run = runPair(context, limits, partition, document, state, slot.stopping.signal);
  };

  const work = async (slot: Slot): Promise<void> => {
    const { partition, stopping } = slot;
    try {
      await claim(slot);
      await slot.run?.done;
    } catch (error) {
      if (stopping.signal.aborted && error === stopping.signal.reason) return;
      if (isFenced(error)) {
        slot.fenced = true;
        log.info({ partition }, 'somebody else has this pair now, or has changed it');
      } else if (error instanceof WipedHubError) {
        slot.refusal = error.refusal;
        log.error({ partition }, error.refusal.message);
      } else if (error instanceof OvertakenError) {
        // Taken up again at the next look, which says what is gone.
        slot.fenced = true;
        log.warn({ partition }, error.message);
      } else if (context.giveUp.aborted)
        log.warn({ partition, err: error }, 'stopped without sending everything; what is left is read again after a start');
      else failed.reject(error);
    }
  };

  /** Takes a pair up, once whoever of ours had it before has stopped. */
  const start = (partition: number, before: Promise<void> = Promise.resolve()): void => {
    const slot: Slot = {
      partition,
      stopping: new AbortController(),
      document: undefined,
      get checkpoint() {
        return this.document?.written;
      },
      run: undefined,
      fenced: false,
      refusal: undefined,
      done: before,
    };
    slots.set(partition, slot);
    const atWork = async (): Promise<void> => {
      await before;
      await work(slot);
      // Listed for a while as one that was lost; its state is of no use to anybody.
      if (slot.fenced) slot.run = undefined;
    };
    slot.done = atWork();
  };

  /** Whether a pair can stay at work as it is: one that was fenced hears of it here, if nothing else tells it. */
  const stands = async ({ partition, document, fenced }: Slot): Promise<boolean> => {
    if (fenced || !document) return !fenced;
    try {
      await document.confirm();
      return true;
    } catch (error) {
      if (isFenced(error)) return false;
      log.warn({ partition, err: error }, 'the document of a pair cannot be read; the pair goes on');
      return true;
    }
  };

  let mine: ReadonlySet<number> = new Set();
  let stopped = false;
  const see = async (): Promise<void> => {
    if (stopped) return;
    await Promise.all(
      [...slots.values()].map(async (slot) => {
        if (mine.has(slot.partition)) {
          if (await stands(slot)) return;
          slot.stopping.abort();
          start(slot.partition, slot.done);
        } else {
          slot.stopping.abort();
          slot.fenced = true;
        }
      }),
    );
    for (const partition of mine) if (!slots.has(partition)) start(partition);
  };
  // One look after the other, or two of them would start a pair twice.
  let looking = Promise.resolve();
  const look = (): Promise<void> => (looking = looking.then(see));

  return {
    pairs: () => [...slots.values()].toSorted((one, other) => one.partition - other.partition),
    failed: failed.promise,
    keep(now) {
      mine = now;
      return look();
    },
    look,
    async stop() {
      await looking;
      stopped = true;
      for (const { stopping } of slots.values()) stopping.abort();
      await Promise.all([...slots.values()].map(({ done }) => done));
      await Promise.race([failed.promise, Promise.resolve()]);
    },
  };
};
