import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { machine, median } from '../figures.ts';
import { memory, pauses, throughput } from './measure.ts';

/*
 * `node bench/interval-join/run.ts`: the join operator alone. Events a second of CPU in steady state, beside a sketch with Maps;
 * memory and the longest pause. Each figure in a process of its own, whose collector has one thread; medians of rounds that take
 * turns. The two parts of a throughput have medians of their own: the least difference would reward noise in what is taken off. Writes results.json beside this file.
 */
const ROUNDS = 3;
const BOOKINGS = 500_000;
const opens = [10_000, 100_000, 1_000_000] as const;

const figures = {
  operator: (open: number) => throughput(open, BOOKINGS, 'operator', true),
  map: (open: number) => throughput(open, BOOKINGS, 'map', true),
  operatorAndTexts: (open: number) => throughput(open, BOOKINGS, 'operator', false),
  mapAndTexts: (open: number) => throughput(open, BOOKINGS, 'map', false),
  memory,
  pauses,
};
type Figure = keyof typeof figures;
const isFigure = (name: string): name is Figure => name in figures;

const rate = ({ withJoin = 0, eventsAlone = 0 }: Record<string, number> = {}) => {
  const nanoseconds = withJoin - eventsAlone;
  return { withJoin, eventsAlone, nanoseconds, perSecond: Math.round(1e9 / nanoseconds) };
};

const [asked = '', open] = process.argv.slice(2);
if (isFigure(asked)) process.stdout.write(JSON.stringify(await figures[asked](Number(open))));
else {
  const inProcess = (figure: Figure, of: number) => {
    const flags = ['--expose-gc', '--single-threaded-gc', '--max-old-space-size=8192'];
    const args = [...flags, fileURLToPath(import.meta.url), figure, String(of)];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    process.stderr.write(stderr);
    return z.record(z.string(), z.number()).parse(JSON.parse(stdout));
  };
  const middles = (names: readonly Figure[], of: number) => {
    const rounds = Array.from({ length: ROUNDS }, () => names.map((name) => inProcess(name, of)));
    return names.map((_, index) => {
      const [first = {}] = rounds.map((round) => round[index] ?? {});
      return Object.fromEntries(
        Object.keys(first).map((part) => [part, median(rounds.map((round) => round[index]?.[part] ?? 0))]),
      );
    });
  };
  const compare = (operatorName: Figure, mapName: Figure, openBookings: number) => {
    const [operator, map] = middles([operatorName, mapName], openBookings).map(rate);
    const timesTheMap = Number(((map?.nanoseconds ?? 0) / (operator?.nanoseconds ?? 1)).toFixed(2));
    return { openBookings, operator, map, timesTheMap };
  };
  const steady = opens.map((of) => compare('operator', 'map', of));
  const cost = (index: number): number => steady[index]?.operator?.nanoseconds ?? 1;
  const [held, paused] = [middles(['memory'], 1_000_000)[0], middles(['pauses'], 1_000_000)[0]];
  const results = {
    command: 'node bench/interval-join/run.ts',
    machine: machine(),
    steady,
    costAtMillionTimesTenThousand: Number((cost(2) / cost(0)).toFixed(2)),
    // What it costs the collector to keep texts that are made as they are needed is in these.
    withTexts: compare('operatorAndTexts', 'mapAndTexts', 1_000_000),
    memory: held,
    pauses: paused,
  };
  writeFileSync(new URL('results.json', import.meta.url), `${JSON.stringify(results, null, 2)}\n`);
  process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
}
