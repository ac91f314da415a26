import { runId } from '@boxoffice/scenario';
import { Problem } from '@boxoffice/service-kit';
import type { z } from 'zod';
import { beginRun } from './begin-run.ts';
import type { AnySpec, BegunRun, Run, RunSurroundings } from './begin-run.ts';
import type { RunStore } from './run-store.ts';

/** The runs of this process, and what is remembered of those before it. Disposing of it stops them, each after what it has in flight. */
export interface Runs<Spec extends AnySpec> extends AsyncDisposable {
  /** @throws {Problem} 409 while the same run or as many as allowed are running, 503 when stopping. */
  start(spec: Spec): Promise<Run<Spec>>;
  /** Newest first. */
  list(): Run<Spec>[];
  find(id: string): Run<Spec> | undefined;
  /** Resolves when the run has ended; undefined for an unknown one. */
  stop(id: string): Promise<Run<Spec> | undefined>;
}

/** Runs that have ended are remembered up to this many, so that a process may live for years. */
const remembered = 200;
/** How often the counts of running runs are kept. */
const keptEveryMs = 5000;

type Known<Spec extends AnySpec> = Pick<BegunRun<Spec>, 'state' | 'view'> & Partial<BegunRun<Spec>>;

const isRunning = <Spec extends AnySpec>(run: Known<Spec> | undefined): boolean => run?.state() === 'running';

/** What is said of a run that was running when its process ended without a word. */
const interrupted = <Spec extends AnySpec>(run: Run<Spec>): Run<Spec> => {
  if (run.state !== 'running') return run;
  const error =
    'the service was restarted while this run was running; its counts are of some seconds before. Post the spec again to run it from its start, under the same ids';
  return { ...run, state: 'interrupted', ratePerS: 0, expectedEnd: null, waitsFor: null, error };
};

/** Takes up the runs that `store` remembers, of which those that are not of `schema` (any more) are forgotten. */
export const openRuns = async <Spec extends AnySpec>(
  surroundings: RunSurroundings<Spec>,
  store: RunStore,
  schema: z.ZodType<Run<Spec>>,
): Promise<Runs<Spec>> => {
  const { config, metrics, log, now } = surroundings;
  const runs = new Map<string, Known<Spec>>();
  let closed = false;
  let keptAt = now();

  const keep = (): Promise<void> => {
    keptAt = now();
    return store.save(() => [...runs.values()].map((run) => run.view()));
  };
  /** Keeps in the background; the list is for people, and a run does not fail for it. */
  const keepLater = (): void => {
    keep().catch((error: unknown) => log.warn({ err: error }, 'the runs could not be kept'));
  };

  for (const kept of await store.load()) {
    const { data: run } = schema.safeParse(kept);
    if (!run) continue;
    const told = interrupted(run);
    runs.set(run.id, { state: () => told.state, view: () => told });
    metrics.runs.inc({ state: told.state });
  }
  if (runs.size > 0) await keep();

  const forget = (id: string): void => {
    const run = runs.get(id);
    if (run) metrics.runs.dec({ state: run.state() });
    runs.delete(id);
  };
  const forgetOldest = (): void => {
    const ended = [...runs].filter(([, run]) => !isRunning(run)).map(([id]) => id);
    for (const id of ended.slice(0, Math.max(0, ended.length - remembered))) forget(id);
  };

  return {
    async start(spec) {
      if (closed) throw new Problem({ status: 503, detail: 'the service is stopping' });
      const id = runId(spec);
      if (isRunning(runs.get(id))) {
        const detail = `Run ${id}, of this very spec, is running: follow it at /v1/runs/${id}, or change the seed for another`;
        throw new Problem({ status: 409, detail });
      }
      const running = [...runs.values()].filter(isRunning).length;
      if (running >= config.maxRuns) {
        const detail = `${running} runs are running, as many as MAX_RUNS allows: wait for one to end, or stop one with DELETE /v1/runs/{id}`;
        throw new Problem({ status: 409, detail });
      }
      // So that a run that is run again counts as new in the order of the list.
      forget(id);
      const run: BegunRun<Spec> = beginRun(id, spec, surroundings, () => {
        if (now() - keptAt >= keptEveryMs || !isRunning(runs.get(id))) keepLater();
      });
      runs.set(id, run);
      forgetOldest();
      log.info({ runId: id, spec }, 'a run started');
      await keep();
      return run.view();
    },
    list: () => [...runs.values()].map((run) => run.view()).toReversed(),
    find: (id) => runs.get(id)?.view(),
    async stop(id) {
      const run = runs.get(id);
      run?.stop?.();
      await run?.ended;
      return run?.view();
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      for (const run of runs.values()) run.stop?.();
      await Promise.all([...runs.values()].map(async (run) => run.ended));
      await keep();
    },
  };
};
