import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { machine } from '../figures.ts';
import { measureLatency } from './latency.ts';
import { measureRestart } from './restart.ts';
import { measureThroughput } from './throughput.ts';

/*
 * `node bench/joiner/run.ts`: how fast one joiner joins a backlog, is ready again after kill -9, and joins a live stream. Writes
 * results.json beside this file, unless `--only throughput|restart|latency` or `--profile` (where the joiner's time goes) is given.
 */
const { values } = parseArgs({
  options: {
    bookings: { type: 'string', default: '300000' },
    'window-events': { type: 'string', default: '1000000' },
    only: { type: 'string' },
    profile: { type: 'boolean', default: false },
  },
});

const say = <T>(part: string, figures: T): T => {
  process.stderr.write(`${part}: ${JSON.stringify(figures)}\n`);
  return figures;
};
const isAskedFor = (part: string): boolean => values.only === undefined || values.only === part;
const throughput = async (packing: number) =>
  say(`throughput, packing ${packing}`, await measureThroughput(Number(values.bookings), packing, values.profile));

const results = {
  command: `node bench/joiner/run.ts ${process.argv.slice(2).join(' ')}`.trimEnd(),
  machine: machine(),
  ...(isAskedFor('throughput') && { throughput: { unpacked: await throughput(1), packedByTen: await throughput(10) } }),
  ...(isAskedFor('restart') && { restart: say('restart', await measureRestart(Number(values['window-events']))) }),
  ...(isAskedFor('latency') && { latency: say('latency', await measureLatency()) }),
};
const text = `${JSON.stringify(results, null, 2)}\n`;
if (values.only === undefined && !values.profile) writeFileSync(new URL('results.json', import.meta.url), text);
process.stdout.write(text);
