/** Sends in the background, in order, and says when there is room for more. */
export interface Outbox<Item, Mark> {
  add(items: readonly Item[]): void;
  /** Once everything added before has been acknowledged, `onMark` gets the mark, before anything added later is sent. */
  mark(mark: Mark): void;
  /** Resolves when fewer than `room` items wait. @throws whatever sending or marking threw. */
  room(): Promise<void>;
  /** Resolves when nothing waits. @throws whatever sending or marking threw. */
  drained(): Promise<void>;
}

/**
 * An outbox whose `send` has one call in flight at a time: what comes meanwhile goes with the next, so batches grow with the load.
 */
export const createOutbox = <Item, Mark>(options: {
  readonly send: (items: readonly Item[]) => Promise<void>;
  readonly onMark: (mark: Mark) => Promise<void>;
  readonly room: number;
}): Outbox<Item, Mark> => {
  let waiting: Item[] = [];
  const marks: { readonly mark: Mark; readonly after: number }[] = [];
  let added = 0;
  let sent = 0;
  let running: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    for (;;) {
      const next = marks[0];
      if (next && next.after <= sent) {
        marks.shift();
        await options.onMark(next.mark);
        continue;
      }
      if (waiting.length === 0) return;
      const upTo = next ? next.after - sent : waiting.length;
      const batch = waiting.slice(0, upTo);
      waiting = waiting.slice(upTo);
      await options.send(batch);
      sent += batch.length;
    }
  };

  const failures: unknown[] = [];
  const wake = (): void => {
    if (failures.length > 0) return;
    running ??= run()
      .catch((error: unknown) => {
        failures.push(error);
      })
      .finally(() => {
        running = undefined;
        if (waiting.length > 0 || marks.length > 0) wake();
      });
  };
  const throwFailure = (): void => {
    if (failures.length > 0) throw failures[0];
  };

  return {
    add(items) {
      if (items.length === 0) return;
      for (const item of items) waiting.push(item);
      added += items.length;
      wake();
    },
    mark(mark) {
      marks.push({ mark, after: added });
      wake();
    },
    async room() {
      while (added - sent >= options.room && failures.length === 0) await running;
      throwFailure();
    },
    async drained() {
      while ((waiting.length > 0 || marks.length > 0 || running) && failures.length === 0) await running;
      throwFailure();
    },
  };
};
