import type { Publisher } from '@boxoffice/hubs';
import { extentOf } from '@boxoffice/scenario';
import type { RunSpec } from '@boxoffice/scenario';
import type { Logger } from '@boxoffice/service-kit';
import type { Config } from './config.ts';
import type { ProducerMetrics } from './metrics.ts';
import { createRate } from './rate.ts';
import { sendRun } from './run.ts';

/** How a run is, as it is told to the outside. */
export interface Run {
  readonly id: string;
  readonly spec: RunSpec;
  readonly state: 'running' | 'completed' | 'stopped' | 'failed';
  /** Distinct bookings that it has in all. */
  readonly bookings: number;
  /** Bookings handed to the hub client, and those that the hub has acknowledged; repetitions included. */
  readonly published: number;
  readonly acknowledged: number;
  /** Acknowledged a second, over the last five. */
  readonly ratePerS: number;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly error: string | null;
}

/** What runs need of their surroundings. */
export interface RunSurroundings {
  readonly publisher: Publisher;
  readonly config: Pick<Config, 'maxRuns' | 'chunkEvents' | 'drainMs'>;
  readonly metrics: ProducerMetrics;
  readonly log: Logger;
  readonly now: () => number;
}

/** A run that has begun. */
export interface BegunRun {
  view(): Run;
  /** Asks it to end after what is in flight, and at the latest after the time to drain. */
  stop(): void;
  /** Resolves when it has ended, however. */
  readonly ended: Promise<void>;
}

/** Begins to send a run. */
export const beginRun = (id: string, spec: RunSpec, { publisher, config, metrics, log, now }: RunSurroundings): BegunRun => {
  const { chunkEvents, drainMs } = config;
  const { bookings } = extentOf(spec);
  const startedAt = now();
  const rate = createRate(startedAt);
  const stopping = new AbortController();
  const givingUp = new AbortController();
  let state: Run['state'] = 'running';
  let finishedAt: string | null = null;
  let error: string | null = null;
  let published = 0;
  let acknowledged = 0;
  let giveUpTimer: NodeJS.Timeout | undefined;

  const onPublished = (events: number): void => {
    published += events;
    metrics.published.inc(events);
  };
  const onAcknowledged = (events: number, tookMs: number): void => {
    acknowledged += events;
    rate.mark(now(), acknowledged);
    metrics.acknowledged.inc(events);
    metrics.sendSeconds.observe(tookMs / 1000);
  };
  const onFailed = (events: number): void => metrics.failed.inc(events);

  const end = (how: Run['state']): void => {
    clearTimeout(giveUpTimer);
    metrics.runs.dec({ state });
    metrics.runs.inc({ state: how });
    state = how;
    finishedAt = new Date(now()).toISOString();
  };
  const work = async (): Promise<void> => {
    const signals = { stop: stopping.signal, giveUp: givingUp.signal };
    try {
      const done = await sendRun(spec, { publisher, chunkEvents, now, ...signals, onPublished, onAcknowledged, onFailed });
      end(done ? 'completed' : 'stopped');
    } catch (cause) {
      const why: unknown = givingUp.signal.aborted ? givingUp.signal.reason : cause;
      error = why instanceof Error ? why.message : String(why);
      end(givingUp.signal.aborted ? 'stopped' : 'failed');
      log.error({ runId: id, err: cause }, 'a run ended with bookings that are not acknowledged');
    }
  };

  metrics.runs.inc({ state });
  return {
    ended: work(),
    stop() {
      if (stopping.signal.aborted || state !== 'running') return;
      stopping.abort();
      const reason = new Error(`the hub did not acknowledge what was in flight within ${drainMs} ms`);
      giveUpTimer = setTimeout(() => givingUp.abort(reason), drainMs);
    },
    view: () => ({
      id,
      spec,
      state,
      bookings,
      published,
      acknowledged,
      ratePerS: state === 'running' ? Math.round(rate.perSecond(now(), acknowledged) * 10) / 10 : 0,
      startedAt: new Date(startedAt).toISOString(),
      finishedAt,
      error,
    }),
  };
};
