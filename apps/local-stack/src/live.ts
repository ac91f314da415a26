import { setTimeout as wait } from 'node:timers/promises';
import type { CommandLine } from './command-line.ts';
import { drain, leftToPublish } from './drain.ts';
import { ServiceError } from './fetch-json.ts';
import { lastDay, maxDelayS } from './period.ts';
import { statusLine } from './progress.ts';
import { createServices } from './services.ts';
import { serviceNames } from './stack.ts';
import type { ServiceName, Stack } from './stack.ts';
import { watermarkOf } from './watermark.ts';

const dayMs = 24 * 3_600_000;

/** A day of bookings so that reports open full, then a gentle live run for an hour, and one status line a second until asked to stop. */
export const runLive = async (
  stack: Stack,
  { bookings, seed, profile, packing }: CommandLine,
  { say, show }: { say(line: string): void; show(line: string): void },
  signal: AbortSignal,
): Promise<void> => {
  const services = createServices(stack);
  const now = Date.now();
  const past = lastDay(now, await watermarkOf(services));
  if (past) {
    const count = Math.max(1, Math.round((bookings * (past.to - past.from)) / dayMs));
    const [from, to] = [new Date(past.from).toISOString(), new Date(past.to).toISOString()];
    const spec = { seed, profile, packing, maxDelayS, from, to, bookings: count };
    const { id } = await services.startRun(spec);
    say(`backfilling ${count} bookings from ${from} to ${to}`);
    const onLook = async () => show(await statusLine(services, id, count));
    const unpublished = leftToPublish(services, id, spec);
    await drain({ hubs: stack.hubs, services, signal, unpublished, onLook, closedTo: undefined, stallMs: 60_000 });
  }

  const rate = bookings / (dayMs / 1000);
  const from = new Date().toISOString();
  const spec = { seed, profile, packing, maxDelayS, from, rate: Math.max(0.5, rate), durationS: 3600 };
  const live = await services.startRun(spec);

  say('');
  const instances = (name: ServiceName) => (name === 'joiner' ? stack.joiners : [{ name, url: stack.url[name] }]);
  for (const { name, url } of serviceNames.flatMap(instances)) say(`${name.padEnd(17)} ${url}/docs`);
  say(`${'SQL'.padEnd(17)} ${stack.sqlUrl}`);
  say(`${'Event Hubs'.padEnd(17)} ${stack.connectionString}`);
  say(`${'logs'.padEnd(17)} ${stack.logs}`);
  say('\nA live run goes on for an hour. Ctrl-C stops everything; what was published is kept for the next start.\n');
  while (!signal.aborted) {
    show(await statusLine(services, live.id));
    try {
      await services.keepRunning(live.id, spec);
    } catch (error) {
      // It is being restarted at this moment; the next look finds out.
      if (!(error instanceof ServiceError)) throw error;
    }
    await wait(1000, undefined, { signal }).catch(() => undefined);
  }
};
