/** Whether the broker answers, told from the calls that are made anyway. */
export interface Health {
  readonly ok: boolean;
  /** One line for people: what fails, since the last success. */
  readonly detail: string;
}

/** Keeps, for each use of the broker (`publish bookings`, `read bookings/2`), the error that it is failing with now. */
export interface HealthBoard {
  succeeded(use: string): void;
  /** Returns whether this use was well until now: the moment to log. */
  failed(use: string, error: unknown): boolean;
  health(): Health;
}

/** A new board, on which all is well. */
export const createHealthBoard = (): HealthBoard => {
  const failing = new Map<string, string>();
  return {
    succeeded: (use) => void failing.delete(use),
    failed(use, error) {
      const first = !failing.has(use);
      failing.set(use, error instanceof Error ? error.message : String(error));
      return first;
    },
    health() {
      const [worst] = failing;
      if (!worst) return { ok: true, detail: 'Event Hubs answers' };
      const others = failing.size > 1 ? ` (and ${failing.size - 1} more)` : '';
      return { ok: false, detail: `${worst[0]}: ${worst[1]}${others}` };
    },
  };
};
