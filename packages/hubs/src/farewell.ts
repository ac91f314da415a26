import { setTimeout as wait } from 'node:timers/promises';

const patienceMs = 2000;

/**
 * Waits for the SDK to close something, but not for ever: it waits for the broker's answer, which does not come when the broker
 * died a moment ago. What is left behind then is a dead connection.
 */
export const farewell = async (closing: Promise<unknown>): Promise<void> => {
  const closed = new AbortController();
  const patience = wait(patienceMs, undefined, { signal: closed.signal }).catch(() => undefined);
  // That the good-bye did not reach anybody is no reason to fail.
  await Promise.race([closing.catch(() => undefined), patience]);
  closed.abort();
};
