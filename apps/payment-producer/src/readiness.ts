import type { Readiness } from '@boxoffice/service-kit';

/** Ready once the partitions are known and as long as the broker answers; reading asks it all the time. */
export const readinessOf = (eventHubs: { readonly ok: boolean; readonly detail: string }, partitions: number): Readiness => {
  const following =
    partitions > 0
      ? { ok: true, detail: `follows ${partitions} partitions` }
      : { ok: false, detail: 'waits to learn which partitions there are' };
  return { ready: eventHubs.ok && following.ok, checks: { eventHubs: { ...eventHubs }, following } };
};
