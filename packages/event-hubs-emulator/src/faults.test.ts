import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmdirSync } from 'node:fs';
import { open, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEmulator } from './emulator.ts';
import { connectSdk, temporaryDirectory, type Sdk } from './sdk-fixture.ts';

const hubs = { bookings: { partitions: 1 } };
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

/** Sends events 0 .. count - 1, two a batch, so that segments of 1000 bytes hold a few of them each. */
async function sendNumbers(sdk: Sdk, count: number): Promise<void> {
  const producer = sdk.producer();
  for (let n = 0; n < count; n += 2) await producer.sendBatch([{ body: n }, { body: n + 1 }], { partitionId: '0' });
}

/** A stopped server's data: 20 events in several segments. */
async function severalSegments() {
  const directory = await temporaryDirectory();
  const options = { hubs, dataDirectory: directory.path, segmentBytes: 1000 };
  {
    await using emulator = await startEmulator(options);
    await using sdk = connectSdk(emulator.connectionString);
    await sendNumbers(sdk, 20);
  }
  const folder = join(directory.path, 'bookings', '0');
  const files = (await readdir(folder)).toSorted().map((name) => join(folder, name));
  expect(files.length).toBeGreaterThan(2);
  return { directory, options, files };
}

async function flipBit(path: string, at: number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  await file.write(Buffer.of(byte[0]! ^ 1), 0, 1, at);
  await file.close();
}

test('a sealed segment that was cut or is gone: the server does not start, and names it', async () => {
  const { directory, options, files } = await severalSegments();
  await using _ = directory;
  await truncate(files[1]!, 600);
  await expect(startEmulator(options)).rejects.toThrow(`${files[1]}, byte 600`);
  await rm(files[1]!);
  await expect(startEmulator(options)).rejects.toThrow(files[0]!);
});

test('a flipped bit in a sealed segment: receivers are told when they come to it, never served it, and the rest stays readable', async () => {
  const { directory, options, files } = await severalSegments();
  await using _ = directory;
  await flipBit(files[1]!, 300);
  await using emulator = await startEmulator(options);
  await using sdk = connectSdk(emulator.connectionString);
  await expect(sdk.read({ count: 20 })).rejects.toMatchObject({ message: expect.stringContaining('fails its checksum') });
  const last = await sdk.read({ position: { sequenceNumber: 17 }, count: 2 });
  expect(last.map(({ body }) => body)).toEqual([18, 19]);
  await sdk.producer().sendBatch([{ body: 20 }], { partitionId: '0' });
});

test('200 connections that never say anything, or not enough, are cut off, and a client is served all the while', async () => {
  await using directory = await temporaryDirectory();
  await using emulator = await startEmulator({ hubs, dataDirectory: directory.path, handshakeTimeoutMs: 500 });
  const open200 = Array.from({ length: 200 }, async (_, i) => {
    const socket: Socket = connect({ port: emulator.port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.resume();
    await once(socket, 'connect');
    // Silence; half a header; a header and nothing behind it; the beginning of a frame.
    socket.write(Buffer.from(['', '414d', '414d515003010000', '414d515000010000000000ff02'][i % 4]!, 'hex'));
    await once(socket, 'close');
  });
  await using sdk = connectSdk(emulator.connectionString);
  await sendNumbers(sdk, 20);
  expect((await sdk.read({ count: 20 })).map(({ body }) => body)).toEqual(numbers(20));
  await Promise.all(open200);
});

test('positions of data that was wiped are refused with the error of the service, and offsets also when the new data is larger', async () => {
  const { directory, options } = await severalSegments();
  await using _ = directory;
  let offset = '';
  {
    await using emulator = await startEmulator(options);
    await using sdk = connectSdk(emulator.connectionString);
    offset = (await sdk.read({ count: 3 }))[2]!.offset;
  }
  await rm(join(directory.path, 'bookings'), { recursive: true });
  await using emulator = await startEmulator(options);
  await using sdk = connectSdk(emulator.connectionString);
  await expect(sdk.read({ position: { sequenceNumber: 19 }, count: 1 })).rejects.toMatchObject({
    code: 'ArgumentError',
    message: expect.stringContaining(
      `The supplied sequence number '19' is invalid. The last sequence number in the system is '-1'`,
    ),
  });
  await sendNumbers(sdk, 40);
  await expect(sdk.read({ position: { offset }, count: 1 })).rejects.toMatchObject({
    code: 'ArgumentError',
    message: expect.stringContaining(`The supplied offset '${offset}' is invalid. The last offset in the system is '`),
  });
});

test('a server that is stopped acknowledges what is in flight, and has it at the next start', async () => {
  await using directory = await temporaryDirectory();
  const options = { hubs, dataDirectory: directory.path };
  const emulator = await startEmulator(options);
  const acknowledged: number[] = [];
  await using before = connectSdk(emulator.connectionString);
  const producer = before.producer();
  await producer.sendBatch([{ body: 'first' }], { partitionId: '0' });
  const sends = numbers(50).map(async (n) => {
    await producer.sendBatch([{ body: n }], { partitionId: '0' });
    acknowledged.push(n);
  });
  await Promise.race(sends);
  await emulator[Symbol.asyncDispose]();
  void Promise.allSettled(sends);
  await using again = await startEmulator(options);
  await using after = connectSdk(again.connectionString);
  const { lastEnqueuedSequenceNumber } = await after.producer().getPartitionProperties('0');
  const stored = (await after.read({ count: lastEnqueuedSequenceNumber + 1 })).map(({ body }) => body);
  expect(stored.slice(1).toSorted((a, b) => a - b)).toEqual(acknowledged.toSorted((a, b) => a - b));
});

/** A file system of 3 MB, where the system lets us make one. */
function tinyFileSystem(): { path: string; [Symbol.dispose](): void } | undefined {
  const path = join(tmpdir(), `emulator-tiny-${process.pid}`);
  try {
    mkdirSync(path, { recursive: true });
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  return {
    path,
    [Symbol.dispose]: () => {
      execFileSync('/bin/umount', [path]);
      rmdirSync(path);
    },
  };
}

test('a full disk: sends are refused as busy, nothing acknowledged is lost, and sending works again once there is room', async (context) => {
  using tiny = tinyFileSystem();
  context.skip(tiny === undefined, 'no right to mount a file system');
  if (tiny === undefined) return;
  const options = { hubs, dataDirectory: join(tiny.path, 'data'), segmentBytes: 500_000 };
  const ballast = join(tiny.path, 'ballast');
  await writeFile(ballast, Buffer.alloc(1_000_000));
  const acknowledged: number[] = [];
  {
    await using emulator = await startEmulator(options);
    await using sdk = connectSdk(emulator.connectionString);
    const producer = sdk.producer();
    const send = async (n: number): Promise<void> => {
      await producer.sendBatch([{ body: { n, text: 'x'.repeat(50_000) } }], { partitionId: '0' });
      acknowledged.push(n);
    };
    const refusals: unknown[] = [];
    // Four at a time, so that batches are queued behind the one that fails.
    for (let n = 0; refusals.length < 12; n += 4) {
      const results = await Promise.allSettled([send(n), send(n + 1), send(n + 2), send(n + 3)]);
      refusals.push(...results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])));
    }
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'ServerBusyError' });
    expect((await sdk.read({ count: acknowledged.length })).map(({ body }) => body.n)).toEqual(acknowledged);
    await rm(ballast);
    await send(1000);
    await send(1001);
  }
  await using emulator = await startEmulator(options);
  await using sdk = connectSdk(emulator.connectionString);
  const events = await sdk.read({ count: acknowledged.length });
  expect(events.map(({ body }) => body.n)).toEqual(acknowledged);
  expect(events.map(({ sequenceNumber }) => sequenceNumber)).toEqual(numbers(acknowledged.length));
});
