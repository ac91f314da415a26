import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { listening } from '../../packages/event-hubs-emulator/src/server-process.ts';
import { cpuSecondsOf, machine, median, memoryMbOf } from '../figures.ts';

/*
 * `node bench/event-hubs-emulator/run.ts [events] [rounds]`: writes results.json beside this file. Each figure is the median of the rounds,
 * in which the servers take turns, so that other work on the machine hits all of them.
 */
const EVENTS = Number(process.argv[2] ?? 400_000);
const ROUNDS = Number(process.argv[3] ?? 3);
const main = fileURLToPath(import.meta.resolve('../../packages/event-hubs-emulator/src/main.ts'));
const nullServer = fileURLToPath(import.meta.resolve('./null-server.ts'));
const naiveServer = fileURLToPath(import.meta.resolve('./naive-server.ts'));
const client = fileURLToPath(import.meta.resolve('./client.ts'));

interface Figures {
  eventsPerSecond: number;
  clientUs: number;
  serverUs: number;
}

/** CPU that a process has used, in microseconds. */
const cpuOf = (child: ChildProcess): number => cpuSecondsOf(child) * 1e6;

async function runClient(mode: string, connectionString: string, events: number): Promise<{ seconds: number; cpu: number }> {
  const running = spawn(process.execPath, [client, mode, connectionString, String(events)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(await text(running.stdout));
}

async function withServer<T>(
  args: string[],
  use: (server: ChildProcess, connectionString: string, readyMs: number) => Promise<T>,
) {
  const start = performance.now();
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const { connectionString } = await listening(server);
  try {
    return await use(server, connectionString, performance.now() - start);
  } finally {
    const exited = once(server, 'exit');
    server.disconnect();
    await exited;
  }
}

async function measure(mode: 'send' | 'receive', server: ChildProcess, connectionString: string): Promise<Figures> {
  const before = cpuOf(server);
  const { seconds, cpu } = await runClient(mode, connectionString, EVENTS);
  return { eventsPerSecond: EVENTS / seconds, clientUs: cpu, serverUs: (cpuOf(server) - before) / EVENTS };
}

function medians(rounds: readonly Figures[], { ceiling, naive }: Readonly<Record<'ceiling' | 'naive', readonly Figures[]>>) {
  const of = (name: keyof Figures) => median(rounds.map((round) => round[name]));
  // Round by round: what disturbs one disturbs its neighbour.
  const ratio = (to: readonly Figures[], name: keyof Figures) =>
    Number(median(rounds.map((round, i) => round[name] / to[i]![name])).toFixed(2));
  return {
    eventsPerSecond: Math.round(of('eventsPerSecond')),
    ratioToCeiling: ratio(ceiling, 'eventsPerSecond'),
    ratioToNaive: ratio(naive, 'eventsPerSecond'),
    clientUsPerEvent: Number(of('clientUs').toFixed(1)),
    serverUsPerEvent: Number(of('serverUs').toFixed(2)),
    serverUsRatioToNaive: ratio(naive, 'serverUs'),
  };
}

const policies = (fsync: string) => (data: string) => [
  main,
  '--hub',
  'bookings:4',
  '--port',
  '0',
  '--data',
  data,
  '--fsync',
  fsync,
];
const servers = {
  ceiling: (data: string) => [nullServer, data, String(EVENTS / 4)],
  naive: () => [naiveServer],
  never: policies('never'),
  always: policies('always'),
};
const noFigures = (): Record<keyof typeof servers, Figures[]> => ({ ceiling: [], naive: [], never: [], always: [] });
const sends = noFigures();
const receives = noFigures();
const residentMb: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  for (const name of ['ceiling', 'naive', 'never', 'always'] as const) {
    const data = mkdtempSync(path.join(tmpdir(), 'emulator-bench-'));
    await withServer(servers[name](data), async (server, connectionString) => {
      await runClient('first', connectionString, 1);
      sends[name].push(await measure('send', server, connectionString));
      receives[name].push(await measure('receive', server, connectionString));
      // The naive one has its events in memory, and no other place for them.
      if (name !== 'naive') residentMb.push(memoryMbOf(server, 'now'));
    });
    rmSync(data, { recursive: true });
  }
}

const data = mkdtempSync(path.join(tmpdir(), 'emulator-bench-'));
const args = servers.never(data);
const firstSendMs = await withServer(args, async (_server, connectionString) => {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) times.push((await runClient('first', connectionString, 1)).seconds * 1000);
  // 2.4 million events are a log of 1 GB.
  await runClient('send', connectionString, 2_400_000);
  return median(times);
});
const idle = await withServer(args, async (server, _connectionString, readyMs) => {
  await wait(2000);
  const before = cpuOf(server);
  await wait(10_000);
  return { readyMs, cpuPercent: (cpuOf(server) - before) / 10_000_000 / 0.01, residentMb: memoryMbOf(server, 'now') };
});
const logBytes = Number(execFileSync('du', ['-sb', data], { encoding: 'utf8' }).split('\t')[0]);
rmSync(data, { recursive: true });

const results = {
  command: `node bench/event-hubs-emulator/run.ts ${EVENTS} ${ROUNDS}`,
  machine: machine(),
  events: EVENTS,
  rounds: ROUNDS,
  send: Object.fromEntries(Object.entries(sends).map(([name, rounds]) => [name, medians(rounds, sends)])),
  receive: Object.fromEntries(Object.entries(receives).map(([name, rounds]) => [name, medians(rounds, receives)])),
  firstSendMs: Math.round(firstSendMs),
  largestResidentMb: Math.max(...residentMb),
  afterRestart: {
    logMb: Math.round(logBytes / 1e6),
    readyMs: Math.round(idle.readyMs),
    cpuPercentIdle: idle.cpuPercent,
    residentMb: idle.residentMb,
  },
};
writeFileSync(path.join(import.meta.dirname, 'results.json'), `${JSON.stringify(results, undefined, 2)}\n`);
process.stdout.write(`${JSON.stringify(results, undefined, 2)}\n`);
