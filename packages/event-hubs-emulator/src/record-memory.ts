import type { IncomingBatch } from './incoming-batch.ts';
import { encodeRecord, recordBound, type RecordPlace, type RecordView } from './record-codec.ts';
import { createSlabs, type Room } from './slabs.ts';
import { createTailCache } from './tail-cache.ts';

const TAIL_BYTES = 2 * 1024 * 1024;

/** The memory of a log's records, from when they are encoded until newer ones have pushed them out. */
export interface RecordMemory {
  /** Encodes a batch as a record. Throws MalformedMessage, and keeps nothing then. */
  encode(batch: IncomingBatch, place: RecordPlace): RecordView;
  /** Makes an encoded record the newest of those that {@link recent} finds; the oldest may leave. */
  keep(record: RecordView): void;
  /** Lets go of an encoded record that was not kept. */
  drop(record: RecordView): void;
  /** The kept record at exactly this position. */
  recent(position: number): RecordView | undefined;
}

/** An empty {@link RecordMemory}: it keeps 2 MiB of records. */
export function createRecordMemory(): RecordMemory {
  const slabs = createSlabs();
  const rooms = new Map<RecordView, Room>();
  const drop = (record: RecordView): void => {
    rooms.get(record)?.giveBack();
    rooms.delete(record);
  };
  const tail = createTailCache(TAIL_BYTES, drop);
  return {
    encode(batch, place) {
      const room = slabs.room(recordBound(batch));
      try {
        const record = encodeRecord(batch, place, room.bytes);
        room.keep(record.length);
        rooms.set(record, room);
        return record;
      } catch (error) {
        room.keep(0);
        room.giveBack();
        throw error;
      }
    },
    keep: (record) => tail.add(record),
    drop,
    recent: (position) => tail.at(position),
  };
}
