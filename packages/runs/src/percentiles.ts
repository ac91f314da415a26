/** Percentiles of durations, in ms, each at most 5 % above the true one, in constant memory. */
export interface Percentiles {
  /** Counts a duration, `times` over. */
  add(ms: number, times?: number): void;
  /** The least duration that a `share` (0 to 1) of all do not exceed; null of none. */
  at(share: number): number | null;
}

const growth = Math.log(1.05);
/** The finest step; what is shorter counts as this long. */
const leastMs = 0.1;
/** Up to an hour; what is longer counts as this long. */
const buckets = Math.ceil(Math.log(3_600_000 / leastMs) / growth);

/** No durations yet. */
export const createPercentiles = (): Percentiles => {
  const counts = new Float64Array(buckets + 1);
  let total = 0;
  return {
    add(ms, times = 1) {
      const bucket = ms <= leastMs ? 0 : Math.min(buckets, Math.ceil(Math.log(ms / leastMs) / growth));
      counts[bucket] = (counts[bucket] ?? 0) + times;
      total += times;
    },
    at(share) {
      if (total === 0) return null;
      let seen = 0;
      const bucket = counts.findIndex((count) => (seen += count) >= share * total && seen > 0);
      return Math.round(leastMs * Math.exp(growth * bucket) * 10) / 10;
    },
  };
};
