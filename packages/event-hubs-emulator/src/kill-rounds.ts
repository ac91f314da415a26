import { once } from 'node:events';
import { startEmulator } from './emulator.ts';
import type { FsyncPolicy } from './log-options.ts';
import { connectSdk } from './sdk-fixture.ts';
import { listening, spawnServer } from './server-process.ts';

const PARTITIONS = ['0', '1'];
const BATCH = 50;

/** What was found after the last round. All but the first must be 0. */
export interface KillReport {
  readonly acknowledged: number;
  /** Events acknowledged and not in the log. */
  readonly lost: number;
  /** Sequence numbers that are missing between the first and the last. */
  readonly gaps: number;
  /** Sequence numbers that stand in the log twice. */
  readonly repeated: number;
}

/**
 * Sends to a server as fast as it takes it and kills it with SIGKILL once `perRound` events more are acknowledged on a partition,
 * `rounds` times over on the same data; then reads everything and compares.
 */
export async function killRounds({
  rounds,
  perRound,
  dataDirectory,
  fsync = 'always',
}: {
  rounds: number;
  perRound: number;
  dataDirectory: string;
  fsync?: FsyncPolicy;
}): Promise<KillReport> {
  const hub = `bookings:${PARTITIONS.length}`;
  const flags = ['--hub', hub, '--port', '0', '--data', dataDirectory, '--fsync', fsync];
  const acknowledged: number[][] = PARTITIONS.map(() => []);
  for (let round = 0; round < rounds; round++) {
    const server = spawnServer(...flags);
    const { connectionString } = await listening(server);
    await using sdk = connectSdk(connectionString);
    const producer = sdk.producer();
    const enough = Promise.withResolvers<void>();
    const lanes = PARTITIONS.map(async (partitionId, lane) => {
      const goal = acknowledged[lane]!.length + perRound;
      for (let n = round * 1_000_000; server.exitCode === null && server.signalCode === null; n += BATCH) {
        const numbers = Array.from({ length: BATCH }, (_, i) => n + i);
        await producer.sendBatch(
          numbers.map((body) => ({ body })),
          { partitionId },
        );
        acknowledged[lane]!.push(...numbers);
        if (acknowledged[lane]!.length >= goal) enough.resolve();
      }
    });
    await Promise.race([enough.promise, Promise.all(lanes)]);
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
    // The SDK lets go of the batches in flight only when their time-out is over: they were not acknowledged, and are not waited for.
    void Promise.allSettled(lanes);
  }
  await using emulator = await startEmulator({ hubs: { bookings: { partitions: PARTITIONS.length } }, dataDirectory });
  await using sdk = connectSdk(emulator.connectionString);
  const report = { acknowledged: 0, lost: 0, gaps: 0, repeated: 0 };
  for (const [lane, partition] of PARTITIONS.entries()) {
    const { lastEnqueuedSequenceNumber: last } = await sdk.producer().getPartitionProperties(partition);
    const events = await sdk.read({ partition, count: last + 1 });
    const bodies = new Set(events.map(({ body }) => body));
    const distinct = new Set(events.map(({ sequenceNumber }) => sequenceNumber));
    report.acknowledged += acknowledged[lane]!.length;
    report.lost += acknowledged[lane]!.filter((number) => !bodies.has(number)).length;
    report.gaps += last + 1 - distinct.size;
    report.repeated += events.length - distinct.size;
  }
  return report;
}
