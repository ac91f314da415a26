/** Tells how fast a count grows, from the marks of the last `windowMs`. */
export interface Rate {
  mark(now: number, count: number): void;
  /** Per second, as of `now`. */
  perSecond(now: number, count: number): number;
}

/** A new rate of a count that is 0 at `startedAt`; times in ms. */
export const createRate = (startedAt: number, windowMs = 5_000): Rate => {
  // One mark in a twentieth of the window is fine enough, and few enough to keep.
  const spacingMs = windowMs / 20;
  let marks = [{ at: startedAt, count: 0 }];
  const base = (now: number) => {
    const old = marks.findLastIndex(({ at }) => at <= now - windowMs);
    return { kept: old > 0 ? marks.slice(old) : marks };
  };
  return {
    mark(now, count) {
      marks = base(now).kept;
      if (now - (marks.at(-1)?.at ?? -Infinity) >= spacingMs) marks.push({ at: now, count });
    },
    perSecond(now, count) {
      const [first] = base(now).kept;
      if (first === undefined || now <= first.at) return 0;
      return ((count - first.count) * 1000) / (now - first.at);
    },
  };
};
