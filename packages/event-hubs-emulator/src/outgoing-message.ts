import {
  MalformedMessage,
  mapExtent,
  Section,
  sectionCode,
  sectionValue,
  skipValue,
  textAt,
  type Extent,
} from './amqp-sections.ts';

const SEQUENCE_NUMBER = 'x-opt-sequence-number';
const OFFSET = 'x-opt-offset';
const ENQUEUED_TIME = 'x-opt-enqueued-time';

const symbol = (name: string): Buffer => Buffer.concat([Buffer.of(0xa3, name.length), Buffer.from(name, 'latin1')]);

// 00 53 72, then map32 with its size and count left open, then the three annotations in a fixed order.
const MAP_AT = 3;
const beforeSequence = Buffer.concat([
  Buffer.of(0x00, 0x53, 0x72, 0xd1, 0, 0, 0, 0, 0, 0, 0, 0),
  symbol(SEQUENCE_NUMBER),
  Buffer.of(0x81),
]);
const beforeTime = Buffer.concat([symbol(ENQUEUED_TIME), Buffer.of(0x83)]);
const beforeOffset = Buffer.concat([symbol(OFFSET), Buffer.of(0xa1)]);
const SEQUENCE_AT = beforeSequence.length;
const TIME_AT = SEQUENCE_AT + 8 + beforeTime.length;
const OFFSET_AT = TIME_AT + 8 + beforeOffset.length;
const template = Buffer.alloc(OFFSET_AT);
beforeSequence.copy(template);
beforeTime.copy(template, SEQUENCE_AT + 8);
beforeOffset.copy(template, TIME_AT + 8);

/** The most by which an outgoing message is longer than what its sender sent, in bytes: a 64-bit offset has 20 digits. */
export const LONGEST_ADDITION = template.length + 1 + 20;

/** Where an event stands in its partition. `offset` is opaque to clients, ascending, and below 2^53. */
export interface Place {
  readonly sequenceNumber: number;
  readonly offset: number;
  readonly enqueuedAt: number;
}

function writeLong(out: Buffer, value: number, at: number): void {
  out.writeUInt32BE(Math.floor(value / 2 ** 32), at);
  out.writeUInt32BE(value % 2 ** 32, at + 4);
}

function isOurs(name: string | undefined): boolean {
  return name === SEQUENCE_NUMBER || name === OFFSET || name === ENQUEUED_TIME;
}

/** Copies the sender's own annotations, but for the three that only the server may set. Returns the new end and how many values went in. */
function copyAnnotations(out: Buffer, at: number, from: Buffer, map: Extent): { at: number; count: number } {
  let end = at;
  let count = 0;
  for (let key = map.start; key < map.end;) {
    const value = skipValue(from, key, map.end);
    const next = skipValue(from, value, map.end);
    if (!isOurs(textAt(from, key, map.end))) {
      end += from.copy(out, end, key, next);
      count += 2;
    }
    key = next;
  }
  return { at: end, count };
}

/** The sections after the annotations must be whole, or the bytes would break every reader of the partition. */
function checkRest(from: Buffer, start: number, limit: number): void {
  for (let at = start, last = 0; at < limit;) {
    const code = sectionCode(from, at, limit);
    if (code < Section.properties || code > Section.footer || code < last)
      throw new MalformedMessage(at, 'a section stands out of place');
    last = code;
    at = skipValue(from, sectionValue(from, at), limit);
  }
}

/**
 * Writes the message that receivers get for an event, at index `at` of `out`, and returns the index after it: the sender's
 * header, then its annotations with the event's place merged in, then the rest byte for byte; its delivery annotations stay
 * behind. Built once, when the event arrives, so that reading it is copying.
 *
 * @throws MalformedMessage when the bytes from `start` to `limit` of `from` are no AMQP message.
 */
export function writeOutgoing(out: Buffer, at: number, from: Buffer, start: number, limit: number, place: Place): number {
  let source = start;
  let end = at;
  let own: Extent | undefined;
  for (let last = 0; source < limit;) {
    const code = sectionCode(from, source, limit);
    if (code >= Section.properties || code <= last) break;
    last = code;
    const value = sectionValue(from, source);
    const next = skipValue(from, value, limit);
    if (code === Section.header) end += from.copy(out, end, source, next);
    if (code === Section.messageAnnotations) own = mapExtent(from, value, limit);
    source = next;
  }
  const section = end;
  end += template.copy(out, section);
  writeLong(out, place.sequenceNumber, section + SEQUENCE_AT);
  writeLong(out, place.enqueuedAt, section + TIME_AT);
  const digits = String(place.offset);
  out[end] = digits.length;
  end += 1 + out.write(digits, end + 1, 'latin1');
  let count = 6;
  if (own !== undefined) {
    const copied = copyAnnotations(out, end, from, own);
    end = copied.at;
    count += copied.count;
  }
  out.writeUInt32BE(end - (section + MAP_AT + 5), section + MAP_AT + 1);
  out.writeUInt32BE(count, section + MAP_AT + 5);
  checkRest(from, source, limit);
  return end + from.copy(out, end, source, limit);
}
