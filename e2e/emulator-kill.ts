import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { killRounds } from '../packages/event-hubs-emulator/src/kill-rounds.ts';

// Twenty times kill -9 in the middle of a sustained send: `node e2e/emulator-kill.ts [always|interval|never]`. Prints what it found as JSON, and exits
// with 1 when an acknowledged event is lost, or a sequence number is missing or there twice.
const fsync = (['always', 'interval', 'never'] as const).find((policy) => policy === process.argv[2]) ?? 'always';
const dataDirectory = mkdtempSync(path.join(tmpdir(), 'emulator-kill-'));
try {
  const report = { rounds: 20, fsync, ...(await killRounds({ rounds: 20, perRound: 10_000, dataDirectory, fsync })) };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exitCode = report.lost + report.gaps + report.repeated === 0 ? 0 : 1;
} finally {
  rmSync(dataDirectory, { recursive: true, force: true });
}
// Sends that were in flight at a kill are still waiting for their time-outs.
process.exit();
