import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { listening } from '../../packages/event-hubs-emulator/src/server-process.ts';
import { bookingSends, paymentSends, bookings, runRequest, specOf } from '../../packages/scenario/src/index.ts';
import { writeEvent } from '../../packages/schemas/src/index.ts';
import { machine, median } from '../figures.ts';
import { z } from 'zod';

/*
 * `node bench/producers/run.ts [bookings] [rounds]`: how fast bookings are made, published to the embedded server, and kept to a
 * schedule. Writes results.json beside this file; each figure is the median of the rounds.
 */
const BOOKINGS = Number(process.argv[2] ?? 400_000);
const ROUNDS = Number(process.argv[3] ?? 3);
const LIVE_SECONDS = 20;
const LIVE_RATE = 5000;
const emulator = fileURLToPath(import.meta.resolve('../../packages/event-hubs-emulator/src/main.ts'));
const producer = fileURLToPath(import.meta.resolve('../../apps/booking-producer/src/main.ts'));

const day = { from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' };

/** Times a second that `work` does one of its `count` things, by the CPU time of this process. */
const perSecondOfCpu = (count: number, work: () => void): number => {
  const rounds = Array.from({ length: 2 + ROUNDS }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return Math.round(count / ((user + system) / 1e6));
  });
  // The first two compile.
  return median(rounds.slice(2));
};

const generating = () => {
  const spec = specOf(runRequest.parse({ seed: 7, ...day, bookings: BOOKINGS }), 0);
  const every = (visit: (send: ReturnType<typeof bookingSends> extends Generator<infer S> ? S : never) => void) => () => {
    for (const send of bookingSends(spec)) visit(send);
  };
  const bookingsPerSecond = perSecondOfCpu(
    BOOKINGS,
    every(() => undefined),
  );
  const asBytesPerSecond = perSecondOfCpu(
    BOOKINGS,
    every(({ content }) => void writeEvent(content)),
  );
  // Kept only now: collecting garbage takes longer beside them.
  const made = [...bookings({ ...spec, bookings: Math.min(BOOKINGS, 50_000) })];
  const bookingsPaidPerSecond = perSecondOfCpu(made.length, () => {
    for (const booking of made) paymentSends(booking);
  });
  return { bookingsPerSecond, asBytesPerSecond, bookingsPaidPerSecond };
};

const start = async (main: string, args: readonly string[], env: Record<string, string> = {}): Promise<ChildProcess> =>
  spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, ...env, LOG_LEVEL: 'warn' },
  });

const end = async (child: ChildProcess): Promise<void> => {
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
};

const spread = z.object({ p50: z.number().nullable(), p95: z.number().nullable(), p99: z.number().nullable() });
const told = z.object({
  id: z.string(),
  state: z.string(),
  acknowledged: z.int(),
  failed: z.int(),
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
  sendMs: spread,
  scheduleMs: spread,
});
type Told = z.infer<typeof told>;

/** One run of a booking-producer of its own against a server of its own, to its end. */
const publishRun = async (spec: object): Promise<Told & { readonly seconds: number }> => {
  const data = mkdtempSync(path.join(tmpdir(), 'bench-'));
  const server = await start(emulator, ['--hub', 'bookings:4', '--port', '0', '--data', path.join(data, 'hubs')]);
  const { connectionString } = await listening(server);
  const service = await start(producer, [], {
    PORT: '0',
    EVENT_HUBS_CONNECTION_STRING: connectionString,
    CHECKPOINT_DIRECTORY: path.join(data, 'checkpoints'),
  });
  try {
    const [{ port }] = await once(service, 'message');
    const url = `http://127.0.0.1:${port}/v1/runs`;
    const headers = { 'content-type': 'application/json' };
    // A short one first, so that connections are open and code is compiled.
    const toItsEnd = async (body: object): Promise<Told> => {
      const accepted = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
      const { id } = told.parse(await accepted.json());
      for (;;) {
        const run = told.parse(await (await fetch(`${url}/${id}`)).json());
        if (run.state !== 'running') return run;
        await wait(50);
      }
    };
    await toItsEnd({ seed: 1, ...day, bookings: 20_000 });
    const ended = await toItsEnd(spec);
    if (ended.state !== 'completed' || ended.failed > 0) throw new Error(JSON.stringify(ended));
    return { ...ended, seconds: (Date.parse(ended.finishedAt ?? '') - Date.parse(ended.startedAt)) / 1000 };
  } finally {
    await end(service);
    await end(server);
    rmSync(data, { recursive: true });
  }
};

const publishing = async (packing: number) => {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { acknowledged, seconds } = await publishRun({ seed: 7, ...day, bookings: BOOKINGS, packing });
    rates.push(Math.round(acknowledged / seconds));
    process.stderr.write(`packing ${packing}: ${rates.at(-1)} bookings/s\n`);
  }
  return median(rates);
};

const live = async () => {
  const { scheduleMs, acknowledged, seconds, sendMs } = await publishRun({
    seed: 7,
    profile: 'calm',
    rate: LIVE_RATE,
    durationS: LIVE_SECONDS,
  });
  process.stderr.write(`live: ${JSON.stringify(scheduleMs)}\n`);
  return {
    requestedPerSecond: LIVE_RATE,
    seconds: LIVE_SECONDS,
    perSecond: Math.round(acknowledged / seconds),
    scheduleMs,
    sendP99Ms: sendMs.p99,
  };
};

const results = {
  command: `node bench/producers/run.ts ${BOOKINGS} ${ROUNDS}`,
  machine: machine(),
  generating: generating(),
  publishing: { bookingsPerSecond: await publishing(1), packedByTenPerSecond: await publishing(10) },
  live: await live(),
};
writeFileSync(new URL('results.json', import.meta.url), `${JSON.stringify(results, null, 2)}\n`);
process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
