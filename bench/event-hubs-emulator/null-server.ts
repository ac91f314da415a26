import { startEmulator } from '../../packages/event-hubs-emulator/src/emulator.ts';
import type { IncomingBatch } from '../../packages/event-hubs-emulator/src/incoming-batch.ts';
import { PartitionLog } from '../../packages/event-hubs-emulator/src/partition-log.ts';
import { encodeRecord, recordBound, type RecordView } from '../../packages/event-hubs-emulator/src/record-codec.ts';

/*
 * The same protocol with nothing behind it, to see what the client alone can do: `null-server.ts <data directory> <events a partition>`. A batch is
 * acknowledged unread; receivers get the first batch of 500 that came, as often as makes up that many events, from memory.
 */
const [dataDirectory = '', perPartition = '0'] = process.argv.slice(2);
let records: RecordView[] = [];
let length = 1;

function repeat(batch: IncomingBatch, { firstPosition }: PartitionLog): void {
  const record = encodeRecord(
    batch,
    { position: firstPosition, firstSequence: 0, enqueuedAt: Date.now(), durableTo: 0 },
    Buffer.alloc(recordBound(batch)),
  );
  length = record.length;
  records = Array.from({ length: Number(perPartition) / record.count }, (_, i) => ({
    ...record,
    position: firstPosition + i * length,
  }));
}

Object.defineProperties(PartitionLog.prototype, {
  append: {
    value(this: PartitionLog, batch: IncomingBatch): Promise<void> {
      if (records.length === 0 && batch.bounds.length === 1000) repeat(batch, this);
      return Promise.resolve();
    },
  },
  recent: {
    value(this: PartitionLog, position: number): RecordView | undefined {
      return records[(position - this.firstPosition) / length];
    },
  },
  end: {
    get(this: PartitionLog): number {
      return this.firstPosition + records.length * length;
    },
  },
});

const { port, connectionString } = await startEmulator({ hubs: { bookings: { partitions: 4 } }, dataDirectory });
process.stdout.write(`${JSON.stringify({ event: 'listening', port, connectionString })}\n`);
process.once('disconnect', () => process.exit());
