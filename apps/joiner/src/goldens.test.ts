import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { bookingPlaced, tickEvent, writeEvent } from '@boxoffice/schemas';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { claimed, freshCheckpoint, rewound } from './checkpoint.ts';
import type { PairCheckpoint } from './checkpoint.ts';
import { booking, payment } from './fixtures/events.ts';
import { inputs, ofEach, otherThan } from './inputs.ts';
import type { Input } from './inputs.ts';
import { createPair } from './pair.ts';
import type { InputMessage, PairLimits } from './pair.ts';

/*
 * Each folder of `goldens` is a case: `input.ndjson` is what befalls a pair, in order, `expected.ndjson` what comes of it. Times are
 * minutes: a payment may come 2 before and 15 after its booking, events 5 out of order, and an input runs 15 ahead of the other at
 * most. A line of input is a message ({"bookings": [...]} or {"payments": [...]}; more than one event is a pack), the broker's word
 * that an input has nothing more ({"caughtUp": "payments"}, until the next message), a checkpoint ({"cut": true}), a restart from
 * the last one, or a replay from the beginning ("takes": how many messages are read again before the next line). A new case is a new
 * folder; without `expected.ndjson` the test writes one, to be read before it is kept.
 */
const minute = 60_000;
const epoch = Date.parse('2026-03-01T00:00:00Z');
const settings: PairLimits = {
  beforeMs: 2 * minute,
  afterMs: 15 * minute,
  boundMs: 5 * minute,
  skewMs: 5 * minute,
  alignmentMs: 15 * minute,
  stateMaxBytes: 1e9,
};
const knowledge = { showOf: () => null, bookings: bookingPlaced };

const event = z.union([
  z.string(),
  z.strictObject({ booking: z.string(), at: z.number(), total: z.number().default(100), enqueued: z.number().optional() }),
  z.strictObject({
    payment: z.string(),
    of: z.string(),
    at: z.number(),
    kind: z.enum(['captured', 'declined', 'refunded']),
    amount: z.number().default(100),
  }),
  z.strictObject({ tick: z.number() }),
]);
const events = z.array(event);
const takes = z.number().default(Infinity);
const line = z.union([
  z.strictObject({ bookings: events, enqueued: z.number().optional() }),
  z.strictObject({ payments: events, enqueued: z.number().optional() }),
  z.strictObject({ caughtUp: z.enum(['bookings', 'payments']) }),
  z.strictObject({ cut: z.literal(true) }),
  z.strictObject({ restart: z.literal(true), takes }),
  z.strictObject({ replay: z.literal(true), takes }),
]);
type Event = z.infer<typeof event>;

const at = (minutes: number): number => epoch + Math.round(minutes * minute);

const contentOf = (input: Input, each: Event): object | string => {
  if (typeof each === 'string') return each;
  if ('tick' in each) return tickEvent(input, 0, at(each.tick));
  if ('booking' in each) return booking(each.booking, at(each.at), { id: each.booking, totalMinor: each.total });
  return payment(each.of, at(each.at), each.kind, { id: each.payment, amountMinor: each.amount });
};

const bodyOf = (input: Input, packed: readonly Event[]): Buffer => {
  const contents = packed.map((each) => contentOf(input, each));
  const [only] = contents;
  if (contents.length === 1 && only !== undefined) return Buffer.from(typeof only === 'string' ? only : writeEvent(only).body);
  return Buffer.from(JSON.stringify(contents));
};

const play = (text: string): object[] => {
  const said: object[] = [];
  const logs = ofEach<InputMessage[]>(() => []);
  const next = ofEach(() => 0);
  const caughtUp = ofEach(() => false);
  let stored: PairCheckpoint = claimed(freshCheckpoint(settings), settings);
  let pair = createPair(settings, stored, knowledge);
  let heldBefore = '';

  /** Takes what may be taken, bookings first, `most` messages at most. */
  const takeAll = (most: number): void => {
    for (let left = most; left > 0; left--) {
      const input = inputs.find((each) => {
        const message = logs[each][next[each]];
        return message && pair.hold(each, message.sequenceNumber, caughtUp[otherThan(each)]) === undefined;
      });
      if (!input) break;
      const { joined, quarantined } = pair.take(input, logs[input][next[input]++]!);
      said.push(
        ...joined.map((each) => ({ says: JSON.parse(each).id })),
        ...quarantined.map(({ id, data }) => ({ says: id, reason: data.reason })),
      );
    }
    if (most < Infinity) return;
    const held = inputs.flatMap((each) => {
      const message = logs[each][next[each]];
      return message ? [{ held: each, by: pair.hold(each, message.sequenceNumber, caughtUp[otherThan(each)]) }] : [];
    });
    if (JSON.stringify(held) !== heldBefore) said.push(...held);
    heldBefore = JSON.stringify(held);
  };
  const begin = (checkpoint: PairCheckpoint): void => {
    stored = claimed(checkpoint, settings);
    pair = createPair(settings, stored, knowledge);
    for (const input of inputs) next[input] = stored.replayFrom[input];
    said.push({ phase: pair.phase });
  };
  const publish = (input: Input, packed: readonly Event[], enqueued: number): void => {
    const place = { hub: input, partition: 0, sequenceNumber: logs[input].length, enqueuedAt: epoch + enqueued * minute };
    logs[input].push({ ...place, body: bodyOf(input, packed) });
    caughtUp[input] = false;
    takeAll(Infinity);
  };

  for (const each of text
    .trim()
    .split('\n')
    .map((row) => line.parse(JSON.parse(row)))) {
    if ('cut' in each) stored = pair.cut();
    else if ('caughtUp' in each) {
      caughtUp[each.caughtUp] = true;
      takeAll(Infinity);
    } else if ('restart' in each || 'replay' in each) {
      begin('restart' in each ? stored : rewound(stored, { bookings: 0, payments: 0 }));
      const begun = pair.phase;
      takeAll(each.takes);
      if (pair.phase !== begun) said.push({ phase: pair.phase });
    } else if ('bookings' in each) {
      const [first] = each.bookings;
      const own = typeof first === 'object' && 'booking' in first ? first.enqueued : undefined;
      publish('bookings', each.bookings, each.enqueued ?? own ?? 10_000);
    } else publish('payments', each.payments, each.enqueued ?? 10_000);
  }
  const { ledger, outputs, open } = pair.status();
  const stillOpen = open.bookings + open.payments > 0 ? [{ open }] : [];
  return [...said, ...stillOpen, { ledger }, { outputs }];
};

const folder = new URL('../goldens/', import.meta.url);

test.for(readdirSync(folder))('%s', (name) => {
  const lines = play(readFileSync(new URL(`${name}/input.ndjson`, folder), 'utf8')).map((each) => JSON.stringify(each));
  const file = new URL(`${name}/expected.ndjson`, folder);
  if (!existsSync(file) && !process.env['CI']) writeFileSync(file, `${lines.join('\n')}\n`);
  expect(lines).toEqual(readFileSync(file, 'utf8').trim().split('\n'));
});
