import type { JoinInput } from '../../packages/interval-join/src/index.ts';

/** The settings of the product: two minutes before, fifteen after, five out of order. */
export const settings = { beforeMs: 120_000, afterMs: 900_000, boundMs: 300_000 };

/** Characters of a payload, one byte each. */
export const PAYLOAD = 600;
const FIRST_ATTEMPT_MS = 90_000;
const SECOND_ATTEMPT_MS = 240_000;

/** What the join takes; the payloads are JSON text. */
export type Input = Exclude<JoinInput<string, string>, { tick: number }>;

/** What of an event is text. */
export interface Texts {
  readonly key: string;
  readonly id: string;
  readonly value: string;
}

/** The texts of a booking (attempt 0) or of one of its payments (1 and 2), made anew as they are when messages are parsed. */
export const createTexts = () => {
  const value = Buffer.alloc(PAYLOAD, 'x');
  value.write('{"id":"r0123456789ab-0000000","seats":"');
  value.write('"}', PAYLOAD - 2);
  const ids = Buffer.from('boxoffice/shop\nr0123456789ab-0000000/0');
  return (booking: number, attempt: number): Texts => {
    let rest = booking;
    for (let digit = 6; digit >= 0; digit--) {
      const code = 48 + (rest % 10);
      rest = Math.floor(rest / 10);
      value[20 + digit] = code;
      ids[28 + digit] = code;
    }
    ids[37] = 48 + attempt;
    const id = ids.toString('latin1', 0, attempt === 0 ? 36 : 38);
    return { key: value.toString('latin1', 7, 28), id, value: value.toString('latin1') };
  };
};

/**
 * Texts that were made beforehand, of as many bookings; then they are used again: by then the first have closed long ago. Nobody
 * looks at a payload, so one does for all.
 */
export const madeBefore = (bookings: number): ReturnType<typeof createTexts> => {
  const make = createTexts();
  const { value } = make(0, 0);
  const all = [0, 1, 2].map((attempt) => Array.from({ length: bookings }, (_, n) => ({ ...make(n, attempt), value })));
  return (booking, attempt) => all[attempt]![booking % bookings]!;
};

/**
 * Bookings at a steady rate, chosen so that `open` of them are open once the first have closed, each followed by its payments:
 * nine in ten pay, and one in five pays again. Times jitter by two seconds. `give` takes each event, in order.
 */
export const createStream = (open: number, texts: ReturnType<typeof createTexts>) => {
  const perMs = open / (settings.afterMs + settings.boundMs);
  let booking = 0;
  const event = (side: 'left' | 'right', n: number, attempt: number, ms: number): Input => {
    const { key, id, value } = texts(n, attempt);
    return { side, key, id, at: Math.floor(ms) - (Math.imul(n + attempt, 0x9e3779b9) >>> 21), value, bytes: PAYLOAD };
  };
  return (bookings: number, give: (input: Input) => void): void => {
    for (const end = booking + bookings; booking < end; booking++) {
      const ms = booking / perMs;
      give(event('left', booking, 0, ms));
      const first = booking - Math.floor(FIRST_ATTEMPT_MS * perMs);
      if (first >= 0 && first % 10 > 0) give(event('right', first, 1, ms));
      const second = booking - Math.floor(SECOND_ATTEMPT_MS * perMs);
      if (second >= 0 && second % 5 === 0) give(event('right', second, 2, ms));
    }
  };
};
