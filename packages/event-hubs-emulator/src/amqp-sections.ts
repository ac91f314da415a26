/** The sections of an AMQP message by descriptor code (AMQP 1.0, part 3, section 2). */
export const Section = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  applicationProperties: 0x74,
  data: 0x75,
  sequence: 0x76,
  value: 0x77,
  footer: 0x78,
} as const;

/** Bytes that are not a well-formed AMQP message; `at` is the index of the first byte that could not be read. */
export class MalformedMessage extends Error {
  readonly at: number;
  constructor(at: number, expectation: string) {
    super(`byte ${at} of the message: ${expectation}`);
    this.name = 'MalformedMessage';
    this.at = at;
  }
}

function within(bytes: Buffer, at: number, limit: number): void {
  if (at > limit || at > bytes.length) throw new MalformedMessage(at, 'a value reaches beyond the end');
}

/** The index just after the value whose constructor stands at `at`. Throws {@link MalformedMessage}. */
export function skipValue(bytes: Buffer, at: number, limit: number): number {
  within(bytes, at + 1, limit);
  const code = bytes[at]!;
  if (code === 0) return skipValue(bytes, skipValue(bytes, at + 1, limit), limit);
  let end: number;
  // The high half of a constructor says how wide the value is (AMQP 1.0, part 1, section 1.2).
  switch (code >>> 4) {
    case 0x4:
      end = at + 1;
      break;
    case 0x5:
      end = at + 2;
      break;
    case 0x6:
      end = at + 3;
      break;
    case 0x7:
      end = at + 5;
      break;
    case 0x8:
      end = at + 9;
      break;
    case 0x9:
      end = at + 17;
      break;
    case 0xa:
    case 0xc:
    case 0xe:
      within(bytes, at + 2, limit);
      end = at + 2 + bytes[at + 1]!;
      break;
    case 0xb:
    case 0xd:
    case 0xf:
      within(bytes, at + 5, limit);
      end = at + 5 + bytes.readUInt32BE(at + 1);
      break;
    default:
      throw new MalformedMessage(at, `0x${code.toString(16)} is no AMQP constructor`);
  }
  within(bytes, end, limit);
  return end;
}

/** The code of the section that begins at `at`; its value stands at {@link sectionValue}. */
export function sectionCode(bytes: Buffer, at: number, limit: number): number {
  within(bytes, at + 3, limit);
  if (bytes[at] === 0 && bytes[at + 1] === 0x53) return bytes[at + 2]!;
  if (bytes[at] === 0 && bytes[at + 1] === 0x80 && at + 10 <= limit && bytes.readUIntBE(at + 2, 6) === 0)
    return bytes.readUInt16BE(at + 8);
  throw new MalformedMessage(at, 'a section descriptor was expected');
}

/** The index of the value of the section that begins at `at`. */
export function sectionValue(bytes: Buffer, at: number): number {
  return bytes[at + 1] === 0x53 ? at + 3 : at + 10;
}

/** Where the contents of a map, string, symbol or binary lie. For a map `count` is keys plus values. */
export interface Extent {
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

/** The contents of the map at `at`, or undefined when the value is null. Throws {@link MalformedMessage}. */
export function mapExtent(bytes: Buffer, at: number, limit: number): Extent | undefined {
  const end = skipValue(bytes, at, limit);
  const code = bytes[at];
  if (code === 0x40) return undefined;
  if (code === 0xc1 && end >= at + 3) return { start: at + 3, end, count: bytes[at + 2]! };
  if (code === 0xd1 && end >= at + 9) return { start: at + 9, end, count: bytes.readUInt32BE(at + 5) };
  throw new MalformedMessage(at, 'a map was expected');
}

/** The text of the string or symbol at `at`, or undefined when the value is of another type. */
export function textAt(bytes: Buffer, at: number, limit: number): string | undefined {
  const end = skipValue(bytes, at, limit);
  const code = bytes[at]!;
  if (code === 0xa1 || code === 0xa3) return bytes.toString('utf8', at + 2, end);
  if (code === 0xb1 || code === 0xb3) return bytes.toString('utf8', at + 5, end);
  return undefined;
}

/** The integer at `at`, of whatever width; undefined when the value is of another type or beyond 2^53. */
export function integerAt(bytes: Buffer, at: number, limit: number): number | undefined {
  skipValue(bytes, at, limit);
  const code = bytes[at]!;
  switch (code) {
    case 0x43:
    case 0x44:
      return 0;
    case 0x50:
    case 0x52:
    case 0x53:
      return bytes[at + 1];
    case 0x51:
    case 0x54:
    case 0x55:
      return bytes.readInt8(at + 1);
    case 0x60:
      return bytes.readUInt16BE(at + 1);
    case 0x61:
      return bytes.readInt16BE(at + 1);
    case 0x70:
      return bytes.readUInt32BE(at + 1);
    case 0x71:
      return bytes.readInt32BE(at + 1);
    case 0x80:
    case 0x81: {
      const value = Number(code === 0x80 ? bytes.readBigUInt64BE(at + 1) : bytes.readBigInt64BE(at + 1));
      return Number.isSafeInteger(value) ? value : undefined;
    }
    default:
      return undefined;
  }
}
