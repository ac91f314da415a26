import { setTimeout as wait } from 'node:timers/promises';
import type { Hubs } from '@boxoffice/hubs';
import type { Readiness } from '@boxoffice/service-kit';

/**
 * Asks the broker on each call, for `hubs.health()` knows only what calls have found, and an idle producer makes none. Waits for
 * the answer briefly; a broker that is away is asked by one call at a time.
 */
export const hubReadiness = (hubs: Hubs, hub: string, patienceMs = 1000): (() => Promise<Readiness>) => {
  let refusal: string | undefined;
  let asking: Promise<void> | undefined;
  const ask = async (): Promise<void> => {
    try {
      await hubs.partitionState(hub, 0);
      refusal = undefined;
    } catch (error) {
      refusal = error instanceof Error ? error.message : String(error);
    } finally {
      asking = undefined;
    }
  };
  return async () => {
    asking ??= ask();
    const giveUp = new AbortController();
    await Promise.race([asking, wait(patienceMs, undefined, { signal: giveUp.signal }).catch(() => undefined)]);
    giveUp.abort();
    const unanswered = asking !== undefined ? 'Event Hubs has not answered yet' : undefined;
    const health = hubs.health();
    const fault = refusal ?? (health.ok ? unanswered : health.detail);
    const eventHubs = { ok: fault === undefined, detail: fault ?? health.detail };
    return { ready: eventHubs.ok, checks: { eventHubs } };
  };
};
