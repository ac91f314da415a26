import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { bookingSends, paymentSends, bookings, runRequest, specOf } from '../../packages/scenario/src/index.ts';
import {
  bookingPlacedWith,
  createPseudonym,
  paymentProcessed,
  readMessage,
  writeEvent,
} from '../../packages/schemas/src/index.ts';
import { machine, median } from '../figures.ts';

/*
 * `node bench/contracts/run.ts`: bytes to validated newest version, a second of CPU, beside a bare JSON.parse of the same bytes.
 * Each kind of event is measured in a process of its own, rounds taking turns; writes results.json beside this file.
 */
const ROUNDS = 5;
const EVENTS = 20_000;
const kinds = ['booking v3', 'booking v2', 'booking v1', 'payment v2'] as const;
type Kind = (typeof kinds)[number];

const bytesOf = (kind: Kind): Buffer[] => {
  const version = kind.slice(-1);
  const day = { from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' };
  const versions = { [kind.startsWith('booking') ? version : '3']: 1 };
  const spec = specOf(runRequest.parse({ seed: 7, ...day, bookings: EVENTS, profile: 'calm', versions }), 0);
  const sends = kind.startsWith('booking') ? bookingSends(spec) : [...bookings(spec)].flatMap((each) => paymentSends(each));
  return [...sends]
    .map(({ content }) => Buffer.from(writeEvent(content).body))
    .filter((bytes) => kind !== 'booking v1' || bytes.includes('"order_id"'));
};

const perSecond = (all: readonly Buffer[], work: (bytes: Buffer) => unknown): number => {
  const before = process.cpuUsage();
  for (const bytes of all) work(bytes);
  const { user, system } = process.cpuUsage(before);
  return Math.round(all.length / ((user + system) / 1e6));
};

const parse = (bytes: Buffer): unknown => JSON.parse(bytes.toString());

const measure = (kind: Kind) => {
  const contracts = [bookingPlacedWith(createPseudonym('a secret of the benchmark')), paymentProcessed] as const;
  const all = bytesOf(kind);
  const read = (bytes: Buffer) => readMessage(bytes, contracts);
  const rounds = Array.from({ length: ROUNDS + 2 }, () => ({ read: perSecond(all, read), parse: perSecond(all, parse) })).slice(
    2,
  );
  return {
    bytes: Math.round(all.reduce((sum, { byteLength }) => sum + byteLength, 0) / all.length),
    readPerSecond: median(rounds.map((each) => each.read)),
    parsePerSecond: median(rounds.map((each) => each.parse)),
    timesTheParse: Number(median(rounds.map((each) => each.parse / each.read)).toFixed(2)),
  };
};

const [asked] = process.argv.slice(2);
const kind = kinds.find((each) => each === asked);
if (kind) process.stdout.write(JSON.stringify(measure(kind)));
else {
  const figures = z.looseObject({});
  const results = {
    command: 'node bench/contracts/run.ts',
    machine: machine(),
    kinds: Object.fromEntries(
      kinds.map((each) => {
        const { stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), each], { encoding: 'utf8' });
        process.stderr.write(stderr);
        return [each, figures.parse(JSON.parse(stdout))];
      }),
    ),
  };
  writeFileSync(new URL('results.json', import.meta.url), `${JSON.stringify(results, null, 2)}\n`);
  process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
}
