import type { Hubs, Publisher } from '@boxoffice/hubs';
import { extentOf, isBackfill } from '@boxoffice/scenario';
import type { Send, Timing } from '@boxoffice/scenario';
import type { Logger } from '@boxoffice/service-kit';
import { messagesOf } from './messages.ts';
import { createPercentiles } from './percentiles.ts';
import { createRate } from './rate.ts';
import type { RunMetrics } from './run-metrics.ts';
import { sendRun } from './send-run.ts';

/** The states of a run; all but the first are final. `interrupted`: the service ended without a word while it was running. */
export const runStates = ['running', 'completed', 'stopped', 'failed', 'interrupted'] as const;

/** Half, 95 % and 99 % took no longer than this, in ms; null of none. */
interface Spread {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** What a run of any kind is asked for with. */
export type AnySpec = Timing & { readonly seed: number; readonly packing: number };

/** How a run is, as it is told to the outside. */
export interface Run<Spec extends AnySpec> {
  readonly id: string;
  readonly spec: Spec;
  readonly state: (typeof runStates)[number];
  /** Distinct bookings that it has in all. */
  readonly bookings: number;
  /** Events handed to the hub client, acknowledged by the hub, and given up; repetitions included. */
  readonly published: number;
  readonly acknowledged: number;
  readonly failed: number;
  /** Acknowledged a second, over the last five. */
  readonly ratePerS: number;
  /** From handing an event to the hub client until its chunk was acknowledged. */
  readonly sendMs: Spread;
  /** Live: how long after its time an event was handed to the hub client. */
  readonly scheduleMs: Spread;
  /** When it will have ended if it goes on like this; null when that cannot be told, or it has ended. */
  readonly expectedEnd: string | null;
  /** What it waits for: the broker's error, while there is one. */
  readonly waitsFor: string | null;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly error: string | null;
}

/** What runs need of their surroundings. */
export interface RunSurroundings<Spec extends AnySpec> {
  readonly hubs: Pick<Hubs, 'partitionCount' | 'health'>;
  readonly hub: string;
  readonly publisher: Publisher;
  /** All that a run sends, in order. */
  readonly sendsOf: (spec: Spec) => Iterator<Send>;
  readonly config: { readonly maxRuns: number; readonly chunkEvents: number; readonly drainMs: number };
  readonly metrics: RunMetrics;
  readonly log: Logger;
  readonly now: () => number;
}

/** A run that has begun. */
export interface BegunRun<Spec extends AnySpec> {
  state(): Run<Spec>['state'];
  view(): Run<Spec>;
  /** Asks it to end after what is in flight, and at the latest after the time to drain. */
  stop(): void;
  /** Resolves when it has ended, however. */
  readonly ended: Promise<void>;
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** Begins to send a run; `onProgress` is called after each chunk, and when it has ended. */
export const beginRun = <Spec extends AnySpec>(
  id: string,
  spec: Spec,
  { hubs, hub, publisher, sendsOf, config, metrics, log, now }: RunSurroundings<Spec>,
  onProgress: () => void,
): BegunRun<Spec> => {
  const { chunkEvents, drainMs } = config;
  const { bookings, to } = extentOf(spec);
  const atOnce = isBackfill(spec);
  const startedAt = now();
  const rate = createRate(startedAt);
  const sendMs = createPercentiles();
  const scheduleMs = createPercentiles();
  const stopping = new AbortController();
  const givingUp = new AbortController();
  let state: Run<Spec>['state'] = 'running';
  let finishedAt: string | null = null;
  let error: string | null = null;
  let published = 0;
  let acknowledged = 0;
  let failed = 0;
  let placed = 0;
  let giveUpTimer: NodeJS.Timeout | undefined;

  const onPublished = (sends: readonly Send[]): void => {
    published += sends.length;
    metrics.published.inc(sends.length);
    if (atOnce) return;
    const sentAt = now();
    for (const { at } of sends) scheduleMs.add(sentAt - at);
  };
  const onAcknowledged = (sends: readonly Send[], tookMs: number): void => {
    acknowledged += sends.length;
    for (const { repeat } of sends) if (!repeat) placed += 1;
    rate.mark(now(), acknowledged);
    sendMs.add(tookMs, sends.length);
    metrics.acknowledged.inc(sends.length);
    metrics.sendSeconds.observe(tookMs / 1000);
    onProgress();
  };
  const onFailed = (sends: readonly Send[]): void => {
    failed += sends.length;
    metrics.failed.inc(sends.length);
  };

  const end = (how: Run<Spec>['state']): void => {
    clearTimeout(giveUpTimer);
    metrics.runs.dec({ state });
    metrics.runs.inc({ state: how });
    state = how;
    finishedAt = iso(now());
    onProgress();
  };
  const givenUp = new Promise<never>((_, reject) => {
    givingUp.signal.addEventListener('abort', () => reject(givingUp.signal.reason));
  });
  givenUp.catch(() => undefined);
  const work = async (): Promise<void> => {
    try {
      const partitions = await Promise.race([hubs.partitionCount(hub), givenUp]);
      const done = await sendRun(sendsOf(spec), {
        publisher,
        chunkEvents,
        atOnce,
        now,
        messagesOf: (sends) => messagesOf(sends, { packing: spec.packing, partitions }),
        stop: stopping.signal,
        giveUp: givingUp.signal,
        onPublished,
        onAcknowledged,
        onFailed,
      });
      end(done ? 'completed' : 'stopped');
    } catch (cause) {
      const why: unknown = givingUp.signal.aborted ? givingUp.signal.reason : cause;
      error = why instanceof Error ? why.message : String(why);
      end(givingUp.signal.aborted ? 'stopped' : 'failed');
      log.error({ runId: id, err: cause }, 'a run ended with events that are not acknowledged');
    }
  };

  const expectedEnd = (ratePerS: number): string | null => {
    if (state !== 'running') return null;
    if (!atOnce) return iso(Math.max(to, now()));
    return ratePerS > 0 ? iso(now() + (1000 * Math.max(0, bookings - placed)) / ratePerS) : null;
  };
  const spread = ({ at }: typeof sendMs): Spread => ({ p50: at(0.5), p95: at(0.95), p99: at(0.99) });

  metrics.runs.inc({ state });
  return {
    ended: work(),
    state: () => state,
    stop() {
      if (stopping.signal.aborted || state !== 'running') return;
      stopping.abort();
      const reason = new Error(`the hub did not acknowledge what was in flight within ${drainMs} ms`);
      giveUpTimer = setTimeout(() => givingUp.abort(reason), drainMs);
    },
    view() {
      const ratePerS = state === 'running' ? Math.round(rate.perSecond(now(), acknowledged) * 10) / 10 : 0;
      const health = hubs.health();
      return {
        id,
        spec,
        state,
        bookings,
        published,
        acknowledged,
        failed,
        ratePerS,
        sendMs: spread(sendMs),
        scheduleMs: spread(scheduleMs),
        expectedEnd: expectedEnd(ratePerS),
        waitsFor: state === 'running' && !health.ok ? health.detail : null,
        startedAt: iso(startedAt),
        finishedAt,
        error,
      };
    },
  };
};
