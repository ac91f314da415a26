import { setTimeout as wait } from 'node:timers/promises';
import { runId, truth } from '@boxoffice/scenario';
import { tamper } from '@boxoffice/warehouse';
import type { CommandLine } from './command-line.ts';
import { StalledError, drain, leftToPublish } from './drain.ts';
import { ServiceError } from './fetch-json.ts';
import { finishedPeriod, lastCloseOf, maxDelayS } from './period.ts';
import { statusLine } from './progress.ts';
import { createServices } from './services.ts';
import type { Services } from './services.ts';
import type { Stack } from './stack.ts';
import { judge, latencies, percentile } from './verdict.ts';
import type { Found, Verdict } from './verdict.ts';
import { watermarkOf } from './watermark.ts';

/** A verdict with how fast it went. */
export interface Outcome extends Verdict {
  /** Bookings and payments published, repetitions included, through the whole pipeline. */
  readonly eventsPerSecond: number;
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number };
  readonly elapsedMs: number;
}

type Reasons = Readonly<Record<string, number>>;

const less = (after: Reasons, before: Reasons): Reasons =>
  Object.fromEntries(
    Object.entries(after).flatMap(([reason, count]) => {
      const more = count - (before[reason] ?? 0);
      return more === 0 ? [] : [[reason, more]];
    }),
  );

/** What the warehouse holds of a run; of what is in quarantine, what was not there before. */
export const readRun = async (services: Services, id: string, quarantinedBefore: Reasons): Promise<Found> => {
  const [bookings, orphans, sales, quarantined, reconciliation] = await Promise.all([
    services.bookings(id),
    services.orphanPayments(id),
    services.sales(id),
    services.quarantined(),
    services.reconciliation(),
  ]);
  return {
    bookings,
    orphans,
    netMinor: Object.fromEntries(sales.totals.map(({ currency, net }) => [currency, net.minor])),
    quarantined: less(quarantined, quarantinedBefore),
    ledgerAddsUp: reconciliation.addsUp,
  };
};

/** Asks again, for half a minute, where a service cannot answer now: one that is being started again, say. */
const patiently = async <T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> => {
  for (let left = 30; ; left--)
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ServiceError) || left === 0) throw error;
      await wait(1000, undefined, { signal });
    }
};

/** Reads while the warehouse is wrong by one row, where that was asked for, and puts the row right again. */
const readTampered = async <T>(
  { sqlUrl }: Stack,
  id: string,
  sabotage: CommandLine['sabotage'],
  say: (line: string) => void,
  reading: () => Promise<T>,
): Promise<T> => {
  if (!sabotage) return reading();
  const tampered = await tamper(sqlUrl, id, sabotage);
  say(`sabotage (${sabotage}): ${tampered.row}`);
  try {
    return await reading();
  } finally {
    await tampered.undo();
  }
};

/**
 * Takes one run to its end and compares the warehouse, read through report-api, with the run's truth. A pipeline that stalls is
 * compared as it stands: what is missing is in the verdict.
 */
export const runOnce = async (
  stack: Stack,
  { bookings, seed, profile, packing, sabotage }: CommandLine,
  { say, show }: { say(line: string): void; show(line: string): void },
  signal: AbortSignal,
): Promise<Outcome> => {
  const services = createServices(stack);
  const period = finishedPeriod(Date.now(), await watermarkOf(services));
  const [from, to] = [new Date(period.from).toISOString(), new Date(period.to).toISOString()];
  const spec = { seed, profile, packing, maxDelayS, from, to, bookings };
  const id = runId(spec);
  const before = await services.quarantined();
  say(
    `run ${id}: ${bookings} bookings placed from ${from} to ${to}${period.late ? '; the hubs are beyond that, so all of it is late' : ''}`,
  );

  const startedAt = Date.now();
  await services.startRun(spec);
  const onLook = async () => show(await statusLine(services, id, bookings));
  try {
    await drain({
      hubs: stack.hubs,
      services,
      signal,
      unpublished: leftToPublish(services, id, spec),
      onLook,
      closedTo: lastCloseOf(period),
      stallMs: 60_000,
    });
  } catch (error) {
    if (!(error instanceof StalledError)) throw error;
    say(`${error.message}; comparing what is there. Logs: ${stack.logs}`);
  }
  const elapsedMs = Date.now() - startedAt;

  say('comparing the warehouse with the truth of the run');
  const expected = truth(spec);
  const found = await readTampered(stack, id, sabotage, say, () => patiently(() => readRun(services, id, before), signal));
  const { published } = expected.counts;
  const took = latencies(found.bookings);
  return {
    ...judge(id, expected, found),
    eventsPerSecond: Math.round(((published.bookings + published.payments) * 1000) / elapsedMs),
    latencyMs: { p50: percentile(took, 0.5), p95: percentile(took, 0.95), p99: percentile(took, 0.99) },
    elapsedMs,
  };
};
