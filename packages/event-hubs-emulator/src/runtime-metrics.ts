import rhea from 'rhea';
import { Section, sectionCode, sectionValue, skipValue } from './amqp-sections.ts';
import type { MessageRun } from './log-reader.ts';

/** What stands at the end of a partition, and when that was looked up, in ms. */
export interface PartitionEnd {
  readonly sequenceNumber: number;
  readonly offset: string;
  readonly enqueuedAt: number;
  readonly retrievedAt: number;
}

/** The delivery annotations with which receivers that ask for it are told of the partition's end. */
function encodeAnnotations({ sequenceNumber, offset, enqueuedAt, retrievedAt }: PartitionEnd): Buffer {
  const message = rhea.message.encode({
    delivery_annotations: {
      last_enqueued_sequence_number: rhea.types.wrap_long(sequenceNumber),
      last_enqueued_offset: offset,
      last_enqueued_time_utc: rhea.types.wrap_timestamp(enqueuedAt),
      runtime_info_retrieval_time_utc: rhea.types.wrap_timestamp(retrievedAt),
    },
    body: undefined,
  });
  // rhea writes a header before them, and more behind.
  const start = skipValue(message, sectionValue(message, 0), message.length);
  return message.subarray(start, skipValue(message, sectionValue(message, start), message.length));
}

/** The same messages, each with the partition's end in its delivery annotations, which stand behind the header. */
export function withRuntimeMetrics({ bytes, start, lengths }: MessageRun, end: PartitionEnd): MessageRun {
  const annotations = encodeAnnotations(end);
  const parts: Buffer[] = [];
  let at = start;
  for (const length of lengths) {
    const limit = at + length;
    const hasHeader = sectionCode(bytes, at, limit) === Section.header;
    const split = hasHeader ? skipValue(bytes, sectionValue(bytes, at), limit) : at;
    parts.push(bytes.subarray(at, split), annotations, bytes.subarray(split, limit));
    at = limit;
  }
  return { bytes: Buffer.concat(parts), start: 0, lengths: lengths.map((length) => length + annotations.length) };
}
