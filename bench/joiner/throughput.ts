import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { cpuSecondsOf, memoryMbOf } from '../figures.ts';
import { fill, isCovered } from './fill.ts';
import { startJoiner, untilFound } from './joiner-process.ts';
import { namedJson, readProfile } from './profile.ts';
import { startSurroundings } from './surroundings.ts';

const round = (value: number, digits = 0): number => Number(value.toFixed(digits));

/** Joins a backlog of `count` bookings and their payments; with `profiled` it also says where the joiner's time went. */
export const measureThroughput = async (count: number, packing: number, profiled: boolean) => {
  await using surroundings = await startSurroundings();
  const filled = await fill(surroundings, { count, packing });
  const { server, folder } = surroundings;
  const profiles = path.join(folder, 'profiles');
  mkdirSync(profiles);
  const serverBefore = cpuSecondsOf(server);
  const nodeArgs = profiled ? ['--import', namedJson, '--cpu-prof', `--cpu-prof-dir=${profiles}`] : [];
  const joiner = await startJoiner(surroundings, 'throughput', { nodeArgs });

  /** How many events had been received when (s since the start). */
  const seen: { readonly at: number; readonly received: number }[] = [];
  const coveredAt = await untilFound(joiner, async () => {
    const partitions = await joiner.partitions();
    const at = (performance.now() - joiner.startedAt) / 1000;
    seen.push({ at, received: partitions.reduce((sum, { ledger }) => sum + ledger.received, 0) });
    return isCovered(filled, partitions) ? at : undefined;
  });
  const joinerCpu = cpuSecondsOf(joiner.child);
  const serverCpu = cpuSecondsOf(server) - serverBefore;
  const peakMb = memoryMbOf(joiner.child, 'peak');
  await joiner.stop();

  const { events } = filled;
  if (seen.at(-1)?.received !== events) throw new Error(`${seen.at(-1)?.received} events were received, expected ${events}`);
  const when = (share: number) => seen.find(({ received }) => received >= share * events) ?? { at: 0, received: 0 };
  const [first, early, late] = [when(1 / events), when(0.1), when(0.9)];
  return {
    events,
    packing,
    eventsPerSecond: {
      steady: round((late.received - early.received) / (late.at - early.at)),
      fromFirstEvent: round(events / (coveredAt - first.at)),
      withStartUp: round(events / coveredAt),
    },
    seconds: { toFirstEvent: round(first.at, 2), toLastCheckpoint: round(coveredAt, 2) },
    cpuSeconds: { joiner: round(joinerCpu, 1), server: round(serverCpu, 1) },
    cpuUsPerEvent: { joiner: round((joinerCpu / events) * 1e6, 1), server: round((serverCpu / events) * 1e6, 1) },
    joinerPeakMb: peakMb,
    ...(profiled && { profile: readProfile(profiles) }),
  };
};
