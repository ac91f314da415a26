import { performance } from 'node:perf_hooks';
import { connectSdk } from '../../packages/event-hubs-emulator/src/sdk-fixture.ts';

/*
 * One stock client as a process of its own: `client.ts <send|receive|first> <connection string> <events>`. Prints one line of JSON:
 * events, seconds, and the client's CPU in microseconds an event.
 */
const PARTITIONS = ['0', '1', '2', '3'];
const BATCH = 500;
const IN_FLIGHT = 4;

const [mode, connectionString = '', count = '0'] = process.argv.slice(2);
const events = Number(count);
await using sdk = connectSdk(connectionString);

/** 350 bytes of JSON. */
function body(n: number): object {
  const head = { id: `booking-${n}`, at: 1_700_000_000_000 + n, pad: '' };
  return { ...head, pad: 'x'.repeat(350 - JSON.stringify(head).length) };
}

async function send(): Promise<void> {
  const producer = sdk.producer();
  await producer.getPartitionIds();
  let sent = 0;
  const lanes = Array.from({ length: IN_FLIGHT }, async (_, lane) => {
    const partitionId = PARTITIONS[lane % PARTITIONS.length]!;
    while (sent < events) {
      const from = sent;
      sent += BATCH;
      const batch = Array.from({ length: BATCH }, (_n, i) => ({ body: body(from + i) }));
      await producer.sendBatch(batch, { partitionId });
    }
  });
  await Promise.all(lanes);
}

async function receive(): Promise<void> {
  const done = Promise.withResolvers<void>();
  let received = 0;
  const subscriptions = PARTITIONS.map((partition) =>
    sdk.consumer().subscribe(
      partition,
      {
        processEvents: async (batch) => {
          received += batch.length;
          if (received >= events) done.resolve();
        },
        processError: async (error) => done.reject(error),
      },
      { maxBatchSize: 500, prefetchCount: 5000, maxWaitTimeInSeconds: 1, startPosition: { offset: '-1' } },
    ),
  );
  await done.promise;
  void Promise.all(subscriptions.map((subscription) => subscription.close()));
}

/** The first send of a new client, in a process that has sent before. */
async function first(): Promise<void> {
  await sdk.producer().sendBatch([{ body: body(0) }], { partitionId: '0' });
}

if (mode === 'first') for (let i = 0; i < 5; i++) await first();
const cpu = process.cpuUsage();
const start = performance.now();
await (mode === 'send' ? send() : mode === 'receive' ? receive() : first());
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpu);
process.stdout.write(`${JSON.stringify({ events, seconds, cpu: (user + system) / Math.max(1, events) })}\n`);
process.exit();
