import rhea from 'rhea';
import { expect, test } from 'vitest';
import { readIncomingBatch, type IncomingBatch } from './incoming-batch.ts';
import { LogReader } from './log-reader.ts';
import { PartitionLog } from './partition-log.ts';
import { temporaryDirectory } from './sdk-fixture.ts';

function batchOf(...bodies: string[]): IncomingBatch {
  const events = bodies.map((body) => rhea.message.encode({ body: rhea.message.data_section(Buffer.from(body)) }));
  return readIncomingBatch(rhea.message.encode({ body: rhea.message.data_sections(events) }), true);
}

async function take(reader: LogReader): Promise<string> {
  for (;;) {
    const run = reader.take(1, 1);
    if (run === 'end') return run;
    if (run !== 'load') {
      const { body } = rhea.message.decode(run.bytes.subarray(run.start, run.start + run.lengths[0]!));
      return String(body.content).slice(0, 10);
    }
    await reader.load();
  }
}

test('a reader that is slower than the log reads on where it stood, in the middle of a batch, though the memory of that is used again', async () => {
  await using directory = await temporaryDirectory();
  const log = await PartitionLog.open(directory.path);
  await log.append(batchOf('a', 'b', 'c', 'd'));
  const reader = new LogReader(log, { position: 0, index: 0 });
  expect(await take(reader)).toBe('a');
  expect(log.recent(0)).toBeDefined();
  // Enough to push the first batch out of memory several times over.
  for (let n = 0; n < 40; n++) await log.append(batchOf(`${n}`.padEnd(10) + 'x'.repeat(200_000)));
  expect(log.recent(0)).toBeUndefined();
  expect([await take(reader), await take(reader), await take(reader)]).toEqual(['b', 'c', 'd']);
  for (let n = 0; n < 40; n++) expect((await take(reader)).trim()).toBe(`${n}`);
  expect(await take(reader)).toBe('end');
  await log.close();
});
