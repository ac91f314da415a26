import { crc32 } from 'node:zlib';
import type { IncomingBatch } from './incoming-batch.ts';
import { readPublication, type Publication } from './publication.ts';
import { LONGEST_ADDITION, writeOutgoing } from './outgoing-message.ts';

/*
 * A record is one acknowledged batch: 48 bytes of header, one u32 length an event, then the outgoing messages. Big-endian.
 *   0 u32 magic | 4 u32 crc32 of all that follows | 8 u32 length of the record | 12 u32 events
 *  16 u64 position | 24 u64 sequence number of the first event | 32 u64 enqueued at, ms | 40 u64 end of the log that was
 *  known to be on disk when the record was built: damage before it is lost data, damage after it a torn write
 */
const MAGIC = 0x45485231;
export const RECORD_HEADER = 48;
/** The four bytes with which every record begins. */
export const RECORD_MAGIC = Buffer.of(0x45, 0x48, 0x52, 0x31);

/** A record inside `bytes`. Positions count bytes since the partition's log began; the i-th event's offset is `position + i`. */
export interface RecordView {
  readonly bytes: Buffer;
  /** Index of the record in `bytes`. */
  readonly at: number;
  readonly length: number;
  readonly count: number;
  readonly position: number;
  readonly firstSequence: number;
  readonly enqueuedAt: number;
  readonly durableTo: number;
}

/** Where a batch will stand in its partition. */
export interface RecordPlace {
  readonly position: number;
  readonly firstSequence: number;
  readonly enqueuedAt: number;
  readonly durableTo: number;
}

const u64 = (bytes: Buffer, at: number): number => bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);

/** The most bytes that the record of a batch can have. */
export function recordBound({ payload, bounds }: IncomingBatch): number {
  return RECORD_HEADER + (bounds.length / 2) * (4 + LONGEST_ADDITION) + payload.length;
}

/** Encodes a batch as a record, into the beginning of `bytes`. Throws MalformedMessage when an event is no AMQP message. */
export function encodeRecord({ payload, bounds }: IncomingBatch, place: RecordPlace, bytes: Buffer): RecordView {
  const count = bounds.length / 2;
  let end = RECORD_HEADER + count * 4;
  for (let i = 0; i < count; i++) {
    const next = writeOutgoing(bytes, end, payload, bounds[2 * i]!, bounds[2 * i + 1]!, {
      sequenceNumber: place.firstSequence + i,
      offset: place.position + i,
      enqueuedAt: place.enqueuedAt,
    });
    bytes.writeUInt32BE(next - end, RECORD_HEADER + i * 4);
    end = next;
  }
  bytes.writeUInt32BE(MAGIC, 0);
  bytes.writeUInt32BE(end, 8);
  bytes.writeUInt32BE(count, 12);
  bytes.writeBigUInt64BE(BigInt(place.position), 16);
  bytes.writeBigUInt64BE(BigInt(place.firstSequence), 24);
  bytes.writeBigUInt64BE(BigInt(place.enqueuedAt), 32);
  bytes.writeBigUInt64BE(BigInt(place.durableTo), 40);
  const record = bytes.subarray(0, end);
  bytes.writeUInt32BE(crc32(record.subarray(8)), 4);
  return { bytes: record, at: 0, length: end, count, ...place };
}

/**
 * The record that begins at index `at` of `bytes` and at `position` of its log; `incomplete` when `bytes` ends before it does,
 * `damaged` when the bytes there are no record of that position or their checksum is wrong.
 */
export function decodeRecord(bytes: Buffer, at: number, position: number): RecordView | 'incomplete' | 'damaged' {
  if (bytes.length - at < RECORD_HEADER) return 'incomplete';
  const length = bytes.readUInt32BE(at + 8);
  const count = bytes.readUInt32BE(at + 12);
  if (bytes.readUInt32BE(at) !== MAGIC || u64(bytes, at + 16) !== position || count < 1 || length < RECORD_HEADER + count * 4)
    return 'damaged';
  if (bytes.length - at < length) return 'incomplete';
  if (crc32(bytes.subarray(at + 8, at + length)) !== bytes.readUInt32BE(at + 4)) return 'damaged';
  return {
    bytes,
    at,
    length,
    count,
    position,
    firstSequence: u64(bytes, at + 24),
    enqueuedAt: u64(bytes, at + 32),
    durableTo: u64(bytes, at + 40),
  };
}

/** The whole and undamaged records at the beginning of `bytes`, which lies at `position` of its log. */
export function decodeRecords(bytes: Buffer, position: number): RecordView[] {
  const records: RecordView[] = [];
  for (let at = 0; ;) {
    const record = decodeRecord(bytes, at, position + at);
    if (typeof record === 'string') return records;
    records.push(record);
    at += record.length;
  }
}

/** The length of the message of event `index`, in bytes. */
export function messageLength(record: RecordView, index: number): number {
  return record.bytes.readUInt32BE(record.at + RECORD_HEADER + index * 4);
}

/** Which of a producer's events a record holds, if the producer numbers them. */
export function publicationOf(record: RecordView): Publication | undefined {
  const start = record.at + RECORD_HEADER + record.count * 4;
  return readPublication(record.bytes, start, start + messageLength(record, 0), record.count);
}
