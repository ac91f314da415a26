import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EventHubConsumerClient, EventHubProducerClient, earliestEventPosition } from '@azure/event-hubs';
import { startEmulator } from '@boxoffice/event-hubs-emulator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCheckpointStore, openDocuments } from './index.ts';

const partitions = ['0', '1', '2', '3'];
let folder: string;
let emulator: Awaited<ReturnType<typeof startEmulator>>;
let producer: EventHubProducerClient;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'checkpoint-store-sdk-'));
  emulator = await startEmulator({ hubs: { orders: { partitions: 4 } }, dataDirectory: path.join(folder, 'hubs'), port: 0 });
  producer = new EventHubProducerClient(emulator.connectionString, 'orders');
});
afterAll(async () => {
  await producer.close();
  await emulator[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const openStore = () => createCheckpointStore(openDocuments({ checkpointDirectory: path.join(folder, 'checkpoints') }));

const send = (what: string, count: number) =>
  Promise.all(
    partitions.map((partitionId) =>
      producer.sendBatch(
        Array.from({ length: count }, (_, index) => ({ body: `${what} ${partitionId}/${index}` })),
        { partitionId },
      ),
    ),
  );

/** A process of its own that shares the partitions by the SDK's load balancing, and checkpoints what it has seen. */
const consume = () => {
  const store = openStore();
  const balancing = { updateIntervalInMs: 100, partitionOwnershipExpirationIntervalInMs: 60_000 };
  const client = new EventHubConsumerClient('$Default', emulator.connectionString, 'orders', store, {
    loadBalancingOptions: { strategy: 'balanced', ...balancing },
  });
  const seen: unknown[] = [];
  const errors: unknown[] = [];
  client.subscribe(
    {
      async processEvents(events, context) {
        seen.push(...events.map(({ body }) => body));
        const last = events.at(-1);
        if (last) await context.updateCheckpoint(last);
      },
      processError: async (error) => void errors.push(error),
    },
    { startPosition: earliestEventPosition, maxBatchSize: 20, maxWaitTimeInSeconds: 1 },
  );
  return { id: client.identifier, seen, errors, close: () => client.close() };
};

const owners = async () => (await openStore().listOwnership('localhost', 'orders', '$Default')).map(({ ownerId }) => ownerId);
const checkpoints = async () => {
  const found = await openStore().listCheckpoints('localhost', 'orders', '$Default');
  return found.map(({ sequenceNumber }) => sequenceNumber);
};

test("two of the SDK's own consumers end with two of four partitions each, and later ones resume from their checkpoints", async () => {
  await send('early', 50);
  const [one, two] = [consume(), consume()];
  await expect.poll(owners, { timeout: 20_000 }).toSatisfy((ids: string[]) => {
    const held = (id: string) => ids.filter((each) => each === id).length;
    return held(one.id) === 2 && held(two.id) === 2;
  });
  await expect.poll(checkpoints, { timeout: 20_000 }).toEqual([49, 49, 49, 49]);
  expect(new Set([...one.seen, ...two.seen]).size).toBe(200);
  await Promise.all([one.close(), two.close()]);
  expect(await owners()).toEqual(['', '', '', '']);

  await send('late', 5);
  const third = consume();
  await expect.poll(() => third.seen.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(20);
  await third.close();
  const late = partitions.flatMap((partition) => [0, 1, 2, 3, 4].map((index) => `late ${partition}/${index}`));
  expect(third.seen.map(String).toSorted()).toEqual(late.toSorted());
  // What another took over in the meantime is no failure; nothing else may go wrong.
  const codes = [one, two, third].flatMap(({ errors }) => errors.map((error) => Object(error).code));
  expect(new Set(codes).difference(new Set(['ReceiverDisconnectedError']))).toEqual(new Set());
});
