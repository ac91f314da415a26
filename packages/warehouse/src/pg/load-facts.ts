import type { PoolClient } from 'pg';
import { factKey, loserOf } from '../batch-facts.ts';
import type { BatchFacts, BookingFact, Loser, PaymentFact } from '../batch-facts.ts';
import { precedes } from '../precedence.ts';
import type { LoadResult } from '../warehouse.ts';
import { bookingRow, paymentRow, seatRows } from './fact-rows.ts';
import { selectBookings, selectPayments, insertBookings, replaceBookings, deleteSeats } from './fact-statements.ts';
import { insertPayments, insertSeats, keepConflicts, keepReleases, refold, replacePayments } from './fact-statements.ts';
import { markBookingsOnTime, markPaymentsOnTime } from './fact-statements.ts';

interface HeldRow {
  readonly bookingId: string;
  readonly paymentId: string;
  readonly at: string;
  readonly source: string;
  readonly contentHash: string;
  readonly hub: string;
  readonly partition: number;
  readonly sequenceNumber: number;
  readonly index: number;
  readonly onTime: boolean;
}

type Fact = BookingFact | PaymentFact;

/** What is to be done with the facts of a batch, beside the rows that are there. */
interface Plan<F extends Fact> {
  readonly fresh: F[];
  /** Facts that come before the row that is there, be it only by their place in the hub. */
  readonly better: F[];
  /** The better ones whose content is another. */
  readonly changed: F[];
  readonly losers: Loser[];
  /** Facts that have come on time, while the row that is there, and stays, had not. */
  readonly onTime: F[];
  /** Content hash by key of what was there. */
  readonly known: ReadonlyMap<string, string>;
}

const plan = <F extends Fact>(facts: ReadonlyMap<string, F>, held: readonly HeldRow[]): Plan<F> => {
  const rows = new Map(held.map((row) => [factKey(row.bookingId, row.paymentId), row]));
  const result: Plan<F> = {
    fresh: [],
    better: [],
    changed: [],
    losers: [],
    onTime: [],
    known: new Map([...rows].map(([key, { contentHash }]) => [key, contentHash])),
  };
  for (const [key, fact] of facts) {
    const row = rows.get(key);
    if (!row) {
      result.fresh.push(fact);
      continue;
    }
    const ranked = { ...row, origin: row };
    const better = precedes(fact, ranked);
    const differs = fact.contentHash !== row.contentHash;
    if (better) result.better.push(fact);
    else if (fact.onTime && !row.onTime) result.onTime.push(fact);
    if (better && differs) result.changed.push(fact);
    if (differs) result.losers.push(loserOf(row.bookingId, row.paymentId, better ? ranked : fact));
  }
  return result;
};

const countReplayed = (
  { principals }: BatchFacts,
  known: readonly ReadonlyMap<string, string>[],
  releases: ReadonlySet<string>,
): number => {
  const seen = new Set<string>();
  let replayed = 0;
  for (const each of principals) {
    const isFact = each.kind === 'fact';
    const name = isFact ? `${each.key}\n${each.contentHash}` : each.bookingId;
    const there = isFact ? known.some((map) => map.get(each.key) === each.contentHash) : releases.has(each.bookingId);
    if (there || seen.has(name)) replayed++;
    seen.add(name);
  }
  return replayed;
};

/** Loads bookings, seats, payments, releases and conflicts, and folds every booking that is concerned. */
export const loadFacts = async (
  client: PoolClient,
  joinedPartition: number,
  facts: BatchFacts,
): Promise<Omit<LoadResult, 'position' | 'quarantined'>> => {
  const run = async <Row extends object>(statement: string, rows: readonly object[]): Promise<Row[]> =>
    rows.length === 0 ? [] : (await client.query<Row>(statement, [JSON.stringify(rows)])).rows;

  const bookingIds = [...facts.bookings.keys()].map((key) => key.slice(0, -1));
  const heldBookings = bookingIds.length === 0 ? [] : (await client.query<HeldRow>(selectBookings, [bookingIds])).rows;
  const payments = [...facts.payments.values()];
  const paymentKeys = [payments.map((fact) => fact.bookingId), payments.map((fact) => fact.payment.event.id)];
  const heldPayments = payments.length === 0 ? [] : (await client.query<HeldRow>(selectPayments, paymentKeys)).rows;

  const booking = plan(facts.bookings, heldBookings);
  const payment = plan(facts.payments, heldPayments);
  await run(
    insertBookings,
    booking.fresh.map((fact) => bookingRow(fact, joinedPartition)),
  );
  await run(
    replaceBookings,
    booking.better.map((fact) => bookingRow(fact, joinedPartition)),
  );
  if (booking.changed.length > 0) await client.query(deleteSeats, [booking.changed.map((fact) => fact.bookingId)]);
  await run(insertSeats, [...booking.fresh, ...booking.changed].flatMap(seatRows));
  await run(
    insertPayments,
    payment.fresh.map((fact) => paymentRow(fact, joinedPartition)),
  );
  await run(
    replacePayments,
    payment.better.map((fact) => paymentRow(fact, joinedPartition)),
  );
  if (booking.onTime.length > 0) await client.query(markBookingsOnTime, [booking.onTime.map((fact) => fact.bookingId)]);
  if (payment.onTime.length > 0)
    await client.query(markPaymentsOnTime, [
      payment.onTime.map((fact) => fact.bookingId),
      payment.onTime.map((fact) => fact.payment.event.id),
    ]);
  const losers = [...facts.losers, ...booking.losers, ...payment.losers];
  const conflicts = await run(
    keepConflicts,
    losers.map((loser) => ({ ...loser, joinedPartition })),
  );
  const releases = [...facts.releases].map(([bookingId, releasedAt]) => ({ bookingId, releasedAt }));
  const held = await run<{ bookingId: string }>(keepReleases, releases);
  await client.query(refold, [[...facts.touched]]);
  return {
    bookings: booking.fresh.length,
    payments: payment.fresh.length,
    conflicts: conflicts.length,
    replayed: countReplayed(facts, [booking.known, payment.known], new Set(held.map(({ bookingId }) => bookingId))),
  };
};
