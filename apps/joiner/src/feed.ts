import type { HubMessage, Hubs, PartitionState, ReadOptions } from '@boxoffice/hubs';

/** One input of a pair: its messages as they come, one batch ahead, and what the broker says of its end. */
export interface Feed {
  /** The next message that has been read and not taken. */
  head(): HubMessage | undefined;
  shift(): void;
  /** Waits for the next batch, which may be empty; `false` when reading has ended. Only when `head()` is undefined. */
  pull(): Promise<boolean>;
  /** Asks the broker where the partition ends, at most once in `atMostEveryMs`; everything up to `takenTo` has been taken. */
  look(takenTo: number, atMostEveryMs: number): Promise<void>;
  /** Whether the broker's last word was that there is nothing more, and nothing has come since. */
  readonly caughtUp: boolean;
  /** The broker's last word. */
  readonly state: PartitionState;
  /** When something last came, ms; at first when reading began. */
  readonly newAt: number;
  close(): Promise<void>;
}

/** Starts to read one input of which the broker has just said `state`; `now` is the clock, in ms. */
export const openFeed = (
  hubs: Pick<Hubs, 'read' | 'partitionState'>,
  options: ReadOptions,
  state: PartitionState,
  now: () => number,
): Feed => {
  const iterator = hubs.read(options);
  let queue: readonly HubMessage[] = [];
  let next = 0;
  let known = state;
  let caughtUp = false;
  let newAt = now();
  let lookedAt = -Infinity;
  let pulling: Promise<boolean> | undefined;

  const pull = async (): Promise<boolean> => {
    const { done, value } = await iterator.next();
    pulling = undefined;
    if (done) return false;
    if (value.length === 0) return true;
    queue = value;
    next = 0;
    caughtUp = false;
    newAt = now();
    return true;
  };

  return {
    head: () => queue[next],
    shift: () => void next++,
    // A batch that is being waited for is the next one, whoever asks for it again.
    pull: () => (pulling ??= pull()),
    async look(takenTo, atMostEveryMs) {
      if (now() - lookedAt < atMostEveryMs) return;
      lookedAt = now();
      try {
        known = await hubs.partitionState(options.hub, options.partition, options.signal);
        caughtUp = next >= queue.length && known.lastSequenceNumber <= takenTo;
      } catch (error) {
        // Asked to stop while the broker was away: nobody needs the answer any more.
        if (!options.signal.aborted) throw error;
      }
    },
    get caughtUp() {
      return caughtUp;
    },
    get state() {
      return known;
    },
    get newAt() {
      return newAt;
    },
    close: async () => void (await iterator.return()),
  };
};

/**
 * Waits until an input that has nothing more to take gets something, which may be an empty batch; not at all when every input has:
 * the one that lost an earlier race may have been filled since. `false` when reading has ended.
 */
export const refill = async (feeds: readonly Feed[]): Promise<boolean> => {
  const hungry = feeds.filter((feed) => !feed.head());
  return hungry.length === 0 || Promise.race(hungry.map((feed) => feed.pull()));
};
