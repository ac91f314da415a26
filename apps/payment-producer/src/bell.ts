/** Wakes whoever waits for it. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring, or after `ms`. */
  wait(ms: number): Promise<void>;
}

/** A new bell. It keeps nothing of those who have been woken, however often they wait. */
export const createBell = (): Bell => {
  const waiting = new Set<() => void>();
  return {
    ring() {
      for (const wake of waiting) wake();
    },
    wait: (ms) =>
      new Promise((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(wake, Math.max(1, ms));
        waiting.add(wake);
      }),
  };
};
