import type { Sender } from 'rhea';
import { desires, RUNTIME_METRICS } from './capabilities.ts';
import { LogReader } from './log-reader.ts';
import type { PartitionLog } from './partition-log.ts';
import { refusals, type Refusal } from './refusal.ts';
import { onSessionFlow, openOutlet } from './rhea-internals.ts';
import { withRuntimeMetrics, type PartitionEnd } from './runtime-metrics.ts';
import { InvalidPosition, seek } from './seek.ts';
import type { StartPosition } from './start-position.ts';
import type { Traffic } from './traffic.ts';

// What one turn sends before others get theirs, in bytes.
const TURN_BYTES = 512 * 1024;
const BUSY_RETRY_MS = 5;
/**
 * The JavaScript SDK adds credit at every receive without counting what is outstanding, so an idle receiver ends up with tens of
 * thousands, and a burst would land in its heap whole. It also sends a flow frame at every receive: so many events go out for each.
 */
const EVENTS_PER_FLOW = 5000;

function endOf({ last, nextSequence }: PartitionLog): PartitionEnd {
  return {
    sequenceNumber: nextSequence - 1,
    offset: String(last?.offset ?? -1),
    enqueuedAt: last?.enqueuedAt ?? 0,
    retrievedAt: Date.now(),
  };
}

/** One receiver being served. */
export interface Egress {
  /** Ends it, closing the link with a reason if the client has not closed it. */
  stop(reason?: Refusal): void;
}

/** Sends the events of a log to a receiver, from `start` on and then as they arrive, as far as its credit goes. */
export function egress(sender: Sender, log: PartitionLog, start: StartPosition, traffic: Traffic): Egress {
  let reader: LogReader | undefined;
  let scheduled = false;
  let loading = false;
  let stopped = false;
  let perFlow = 0;
  let allowance = 0;

  // Never at once: what rhea has queued in this turn, the attach for one, has to leave first.
  const schedule = (): void => {
    if (scheduled || stopped) return;
    scheduled = true;
    setImmediate(pump);
  };
  const outlet = openOutlet(sender, schedule);
  const metrics = desires(sender, RUNTIME_METRICS);
  const unsubscribe = log.onAppended(schedule);
  const stop = (reason?: Refusal): void => {
    if (stopped) return;
    stopped = true;
    unsubscribe();
    if (reason !== undefined) sender.close(reason);
  };
  const fail = (error: unknown): void =>
    stop(error instanceof InvalidPosition ? refusals.badPosition(error.message) : refusals.cannotRead(String(error)));

  const pump = (): void => {
    scheduled = false;
    if (stopped || loading || reader === undefined) return;
    if (outlet.exhausted()) return stop(refusals.exhausted());
    let bytes = 0;
    while (bytes < TURN_BYTES) {
      const room = Math.min(outlet.capacity(), allowance);
      if (room <= 0) {
        if (allowance > 0 && outlet.busy()) setTimeout(schedule, BUSY_RETRY_MS);
        return;
      }
      const run = reader.take(room, TURN_BYTES - bytes);
      if (run === 'end') return outlet.drained();
      if (run === 'load') return void load(reader).catch(fail);
      outlet.send(metrics ? withRuntimeMetrics(run, endOf(log)) : run);
      allowance -= run.lengths.length;
      traffic.eventsDelivered += run.lengths.length;
      bytes += run.lengths.reduce((sum, length) => sum + length, 0);
    }
    schedule();
  };
  const load = async (from: LogReader): Promise<void> => {
    loading = true;
    await from.load();
    loading = false;
    schedule();
  };
  const begin = async (): Promise<void> => {
    reader = new LogReader(log, await seek(log, start));
    schedule();
  };

  sender.on('sender_flow', () => {
    perFlow ||= Math.max(outlet.credit(), EVENTS_PER_FLOW);
    // A client that drains waits for all that its credit allows.
    allowance = outlet.draining() ? outlet.credit() : perFlow;
    schedule();
  });
  onSessionFlow(sender.session, schedule);
  begin().catch(fail);
  return { stop };
}
