import { appendFile, open, readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import rhea from 'rhea';
import { expect, test } from 'vitest';
import { readIncomingBatch, type IncomingBatch } from './incoming-batch.ts';
import { LogReader } from './log-reader.ts';
import { PartitionLog } from './partition-log.ts';
import { temporaryDirectory } from './sdk-fixture.ts';
import { seek } from './seek.ts';

function batchOf(...bodies: string[]): IncomingBatch {
  const sections = bodies.map((body) => {
    const event = rhea.message.encode({ body: rhea.message.data_section(Buffer.from(body)) });
    const head = Buffer.from([0x00, 0x53, 0x75, 0xb0, 0, 0, 0, 0]);
    head.writeUInt32BE(event.length, 4);
    return Buffer.concat([head, event]);
  });
  return readIncomingBatch(Buffer.concat(sections), true);
}

/** What readers get: sequence number and body of each event. */
async function contents(log: PartitionLog): Promise<string[]> {
  const reader = new LogReader(log, await seek(log, { from: 'earliest' }));
  const found: string[] = [];
  for (;;) {
    const run = reader.take(1, 1);
    if (run === 'end') return found;
    if (run === 'load') {
      await reader.load();
      continue;
    }
    const { body, message_annotations: annotations } = rhea.message.decode(
      run.bytes.subarray(run.start, run.start + run.lengths[0]!),
    );
    found.push(`${annotations?.['x-opt-sequence-number']} ${String(body.content)}`);
  }
}

/** A closed log of three batches: a b, c, d e. */
async function writtenLog() {
  const directory = await temporaryDirectory();
  const log = await PartitionLog.open(directory.path);
  for (const batch of [batchOf('a', 'b'), batchOf('c'), batchOf('d', 'e')]) await log.append(batch);
  const { offset } = log.last!;
  await log.close();
  const [file] = (await readdir(directory.path)).map((name) => join(directory.path, name));
  return { directory, file: file!, startOfLast: offset - 1 };
}

async function flipByte(path: string, at: number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  await file.write(Buffer.of(byte[0]! ^ 0x10), 0, 1, at);
  await file.close();
}

const all = ['0 a', '1 b', '2 c', '3 d', '4 e'];

test('a log opened again holds what it held, and goes on where it stood', async () => {
  const { directory } = await writtenLog();
  await using _ = directory;
  const log = await PartitionLog.open(directory.path);
  expect(await contents(log)).toEqual(all);
  await log.append(batchOf('f'));
  expect(await contents(log)).toEqual([...all, '5 f']);
  await log.close();
});

test('a tail torn at any byte of the last record is cut off, and nothing before it', async () => {
  const { directory, file, startOfLast } = await writtenLog();
  await using _ = directory;
  const { length } = await readFile(file);
  // Downwards, so that one file serves all cuts.
  for (let size = length - 1; size >= startOfLast; size -= 7) {
    await truncate(file, size);
    const log = await PartitionLog.open(directory.path);
    expect({ size, torn: log.tornBytes, contents: await contents(log) }).toEqual({
      size,
      torn: size - startOfLast,
      contents: ['0 a', '1 b', '2 c'],
    });
    await log.close();
    await appendFile(file, Buffer.alloc(size - startOfLast, 0x45));
  }
});

test('what follows a torn tail takes its place', async () => {
  const { directory, file, startOfLast } = await writtenLog();
  await using _ = directory;
  await truncate(file, startOfLast + 60);
  const log = await PartitionLog.open(directory.path);
  await log.append(batchOf('x'));
  expect(await contents(log)).toEqual(['0 a', '1 b', '2 c', '3 x']);
  await log.close();
});

test('a flipped bit anywhere in the last record makes it a torn one', async () => {
  const { directory, file, startOfLast } = await writtenLog();
  await using _ = directory;
  const whole = await readFile(file);
  for (let at = startOfLast; at < whole.length; at += 11) {
    await truncate(file, 0);
    await appendFile(file, whole);
    await flipByte(file, at);
    const log = await PartitionLog.open(directory.path);
    expect({ at, contents: await contents(log) }).toEqual({ at, contents: ['0 a', '1 b', '2 c'] });
    await log.close();
  }
});

test('a flipped bit before acknowledged records is refused, naming the file and the byte', async () => {
  const { directory, file } = await writtenLog();
  await using _ = directory;
  await flipByte(file, 100);
  await expect(PartitionLog.open(directory.path)).rejects.toThrow(`${file}, byte 0: acknowledged events follow a damaged record`);
});

test('batches appended together are acknowledged in order and stand in order', async () => {
  await using directory = await temporaryDirectory();
  const log = await PartitionLog.open(directory.path);
  const order: number[] = [];
  await Promise.all(Array.from({ length: 50 }, async (_, n) => order.push(await log.append(batchOf(`${n}`)).then(() => n))));
  expect(order).toEqual(Array.from({ length: 50 }, (_, n) => n));
  expect(await contents(log)).toEqual(order.map((n) => `${n} ${n}`));
  await log.close();
});

test('a log rolls its segments, and every event is found again in any of them', async () => {
  await using directory = await temporaryDirectory();
  const megabyte = batchOf('x'.repeat(1024 * 1024 - 100));
  const log = await PartitionLog.open(directory.path);
  for (let i = 0; i < 70; i++) await log.append(i % 10 === 0 ? batchOf(`${i}`) : megabyte);
  expect(log.segments).toHaveLength(1);
  for (let i = 70; i < 80; i++) await log.append(megabyte);
  expect(log.segments.length).toBeGreaterThan(1);
  const times = log.last!.enqueuedAt;
  await log.close();
  const again = await PartitionLog.open(directory.path);
  expect(again.nextSequence).toBe(80);
  for (const wanted of [0, 1, 35, 71, 72, 73, 79]) {
    const cursor = await seek(again, { from: 'sequence-number', value: wanted, inclusive: true });
    const reader = new LogReader(again, cursor);
    await reader.load();
    const run = reader.take(1, 1);
    if (typeof run === 'string') expect.fail(run);
    const { message_annotations: annotations } = rhea.message.decode(run.bytes.subarray(run.start, run.start + run.lengths[0]!));
    expect(annotations?.['x-opt-sequence-number']).toBe(wanted);
    expect(await seek(again, { from: 'offset', value: Number(annotations?.['x-opt-offset']), inclusive: true })).toEqual(cursor);
  }
  expect(await seek(again, { from: 'enqueued-time', enqueuedAfter: times })).toEqual({ position: again.end, index: 0 });
  await again.close();
});

test('a write that fails is refused, keeps nothing, and the next one takes its place', async () => {
  await using directory = await temporaryDirectory();
  const log = await PartitionLog.open(directory.path);
  await log.append(batchOf('a'));
  const { file } = log.segments[0]!;
  const write = file.writev.bind(file);
  // The device is the outermost edge: it writes half of the batch and then has no room.
  file.writev = async (buffers, position) => {
    await write([Buffer.from(buffers[0]!.buffer).subarray(0, 20)], position);
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  };
  const refused = await Promise.allSettled([log.append(batchOf('b')), log.append(batchOf('c'))]);
  expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  file.writev = write;
  await log.append(batchOf('d'));
  expect(await contents(log)).toEqual(['0 a', '1 d']);
  await log.close();
});
