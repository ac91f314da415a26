import { runId } from '@boxoffice/scenario';
import type { RunSpec } from '@boxoffice/scenario';
import { Problem } from '@boxoffice/service-kit';
import { beginRun } from './begin-run.ts';
import type { BegunRun, Run, RunSurroundings } from './begin-run.ts';

/** The runs of this process. Disposing of it stops them, each after what it has in flight. */
export interface Runs extends AsyncDisposable {
  /** @throws {Problem} 409 while the same run or as many as allowed are running, 503 when stopping. */
  start(spec: RunSpec): Run;
  /** Newest first. */
  list(): Run[];
  find(id: string): Run | undefined;
  /** Resolves when the run has ended; undefined for an unknown one. */
  stop(id: string): Promise<Run | undefined>;
}

/** Runs that have ended are remembered up to this many, so that a process may live for years. */
const remembered = 200;

const isRunning = (run: BegunRun | undefined): boolean => run?.view().state === 'running';

/** No runs yet. */
export const openRuns = (surroundings: RunSurroundings): Runs => {
  const { config, metrics, log } = surroundings;
  const runs = new Map<string, BegunRun>();
  let closed = false;

  const forget = (id: string): void => {
    const run = runs.get(id);
    if (run) metrics.runs.dec({ state: run.view().state });
    runs.delete(id);
  };

  const forgetOldest = (): void => {
    const ended = [...runs].filter(([, run]) => !isRunning(run)).map(([id]) => id);
    for (const id of ended.slice(0, Math.max(0, ended.length - remembered))) forget(id);
  };

  return {
    start(spec) {
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
      const run = beginRun(id, spec, surroundings);
      runs.set(id, run);
      forgetOldest();
      log.info({ runId: id, spec }, 'a run started');
      return run.view();
    },
    list: () => [...runs.values()].map((run) => run.view()).toReversed(),
    find: (id) => runs.get(id)?.view(),
    async stop(id) {
      const run = runs.get(id);
      run?.stop();
      await run?.ended;
      return run?.view();
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      for (const run of runs.values()) run.stop();
      await Promise.all([...runs.values()].map((run) => run.ended));
    },
  };
};
