import { UsageError, parseCommandLine, usage } from './command-line.ts';
import type { CommandLine } from './command-line.ts';
import { runLive } from './live.ts';
import { runOnce } from './once.ts';
import type { Outcome } from './once.ts';
import { createStatus } from './progress.ts';
import { startStack } from './stack.ts';
import { readTopology } from './topology.ts';
import { whenGone } from './when-gone.ts';

const status = createStatus(process.stderr);
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => {
    if (!stop.signal.aborted) status.say(`${name}: stopping; what is on its way is finished first`);
    stop.abort();
  });

// Whoever started this may be killed without a word to us; nobody could then stop what runs here.
whenGone(Number(process.env['BOX_OFFICE_PARENT_PID'] ?? 0), () => stop.abort());

/** Runs the stack as asked, and stops it; with `--once` what is to be printed last. */
const run = async (asked: CommandLine): Promise<Outcome | undefined> => {
  status.say(`starting the hubs, the warehouse and five services; everything is kept in ${asked.data}`);
  // One run that is to end soon does not wait a minute for the last windows to close.
  const idleAfterMs = asked.once ? 3000 : undefined;
  await using stack = await startStack({ ...asked, idleAfterMs, topology: readTopology(), say: status.say, signal: stop.signal });
  if (asked.once) return await runOnce(stack, asked, status, stop.signal);
  await runLive(stack, asked, status, stop.signal);
  return undefined;
};

try {
  const asked = parseCommandLine(process.argv.slice(2));
  const outcome = asked && (await run(asked));
  if (!asked) process.stdout.write(usage);
  if (outcome) process.stdout.write(`${JSON.stringify(outcome)}\n`);
  process.exitCode = outcome?.ok === false ? 1 : 0;
} catch (error) {
  if (stop.signal.aborted) process.exitCode = 130;
  else {
    status.say(
      error instanceof UsageError
        ? `${error.message}\n\n${usage}`
        : `npm start: ${error instanceof Error ? error.message : String(error)}`,
    );
    process.exitCode = 1;
  }
}
