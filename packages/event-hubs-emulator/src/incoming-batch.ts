import { MalformedMessage, mapExtent, Section, sectionCode, sectionValue, skipValue, textAt } from './amqp-sections.ts';
import { readPublication, type Publication } from './publication.ts';

/** The message format of a batch: every data section is the complete encoded message of one event. */
export const BATCH_FORMAT = 0x80013700;

/** What one transfer carries: `bounds` holds the start and end of event i in `payload` at [2i] and [2i + 1]. */
export interface IncomingBatch {
  readonly payload: Buffer;
  readonly bounds: readonly number[];
  readonly partitionKey: string | undefined;
  /** Set when the producer numbers its events, so that a batch sent again can be told. */
  readonly publication: Publication | undefined;
}

/**
 * The value of the message annotation `x-opt-partition-key` in the annotations map at `at`.
 * Other SDKs than JavaScript's set it on the envelope as well, so the envelope alone decides the partition.
 */
function partitionKeyIn(payload: Buffer, at: number, limit: number): string | undefined {
  const map = mapExtent(payload, at, limit);
  if (map === undefined) return undefined;
  for (let key = map.start; key < map.end;) {
    const value = skipValue(payload, key, map.end);
    if (textAt(payload, key, map.end) === 'x-opt-partition-key') return textAt(payload, value, map.end);
    key = skipValue(payload, value, map.end);
  }
  return undefined;
}

/**
 * Finds the events inside a transfer's payload, without decoding or copying them.
 *
 * @param isBatch whether the payload is a batch envelope ({@link BATCH_FORMAT}) or itself the message of a single event.
 * @throws MalformedMessage when the bytes are no AMQP message, or the batch holds no event.
 */
export function readIncomingBatch(payload: Buffer, isBatch: boolean): IncomingBatch {
  const limit = payload.length;
  const bounds: number[] = [];
  let partitionKey: string | undefined;
  for (let at = 0; at < limit;) {
    const code = sectionCode(payload, at, limit);
    const value = sectionValue(payload, at);
    const end = skipValue(payload, value, limit);
    if (code === Section.messageAnnotations) partitionKey = partitionKeyIn(payload, value, limit);
    if (isBatch && code === Section.data) {
      if (payload[value] !== 0xa0 && payload[value] !== 0xb0) throw new MalformedMessage(value, 'a data section holds binary');
      bounds.push(value + (payload[value] === 0xa0 ? 2 : 5), end);
    }
    at = end;
  }
  if (!isBatch && limit > 0) bounds.push(0, limit);
  if (bounds.length === 0) throw new MalformedMessage(limit, 'a batch holds at least one event');
  const publication = readPublication(payload, bounds[0]!, bounds[1]!, bounds.length / 2);
  return { payload, bounds, partitionKey, publication };
}
