import { ConfigError } from './config-error.ts';
import { errorChain } from './error-chain.ts';
import { createLogger } from './logger.ts';
import type { Logger, LogLevel } from './logger.ts';
import type { Env } from './read-env.ts';

/** What a service's `main` is given. */
export interface ServiceContext<C> {
  readonly config: C;
  readonly log: Logger;
  /** Aborts when the service is asked to stop; `main` then drains, disposes and returns. */
  readonly signal: AbortSignal;
}

/** `process.exit` rather than an exit code: a stray timer or socket must not keep a drained service alive. */
const crash = (log: Logger, error: unknown): never => {
  log.fatal({ err: error, chain: errorChain(error) }, 'crashed');
  return process.exit(1);
};

const readOrExit = <C>(name: string, readConfig: (env: Env) => C): C => {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) return crash(createLogger(name, 'info'), error);
    process.stderr.write(`${name} cannot start: ${error.message}\n`);
    return process.exit(1);
  }
};

/** The last resort: a drain that hangs must not keep a stopped service alive and answering. */
const drainLimitMs = 120_000;

/**
 * A signal received twice ends the process at once. Two different ones are a single request: Ctrl-C reaches the whole process
 * group as SIGINT, and whoever supervises us then passes it on as SIGTERM.
 */
const untilAsked = (log: Logger): AbortSignal => {
  const stop = new AbortController();
  const heard = new Set<string>();
  const ask = (reason: string): void => {
    if (stop.signal.aborted) return;
    log.info({ reason }, 'asked to stop; draining');
    stop.abort();
    setTimeout(() => {
      log.fatal({ afterMs: drainLimitMs }, 'not drained in time; exiting');
      process.exit(1);
    }, drainLimitMs).unref();
  };
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (heard.has(name)) {
        log.warn({ reason: name }, 'asked to stop again; exiting undrained');
        process.exit(1);
      }
      heard.add(name);
      ask(name);
    });
  }
  // `send` exists when we were spawned with a channel; the parent may have died before we got here.
  if (process.send !== undefined) {
    if (process.connected) process.once('disconnect', () => ask('disconnect'));
    else ask('disconnect');
  }
  return stop.signal;
};

/**
 * The life cycle every service shares; it ends the process and so never returns.
 *
 * - Unusable settings: every fault on standard error, exit 1.
 * - SIGTERM, SIGINT, or the loss of the IPC channel to a supervisor: `signal` aborts, `main` drains and returns, exit 0.
 * - The same signal again: exit 1 at once, undrained.
 * - `main` does not return within two minutes of that: exit 1.
 * - `main` throws, or anything is rejected or thrown unhandled: one fatal line with the chain of causes, exit 1.
 */
export const runService = async <C extends { readonly logLevel: LogLevel }>(
  name: string,
  readConfig: (env: Env) => C,
  main: (context: ServiceContext<C>) => Promise<void>,
): Promise<never> => {
  const config = readOrExit(name, readConfig);
  const log = createLogger(name, config.logLevel);
  process.on('uncaughtException', (error) => crash(log, error));
  process.on('unhandledRejection', (error) => crash(log, error));
  const signal = untilAsked(log);
  // Holds the event loop: a `main` that waits on nothing but unreferenced handles would otherwise end with exit code 13.
  setInterval(() => {}, 2 ** 31 - 1);
  try {
    await main({ config, log, signal });
  } catch (error) {
    return crash(log, error);
  }
  log.info(signal.aborted ? 'drained; exiting' : 'finished; exiting');
  return process.exit(0);
};
