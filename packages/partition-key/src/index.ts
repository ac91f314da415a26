// One scratch area serves all calls: the bytes of the key, then at least twelve zeros, which the hash reads as padding.
const scratch = Buffer.alloc(4096);
const PADDING = 12;

function utf8(key: string): { bytes: Buffer; length: number } {
  // One UTF-16 unit takes at most three bytes of UTF-8.
  if (key.length * 3 + PADDING > scratch.length) {
    const encoded = Buffer.from(key, 'utf8');
    return { bytes: Buffer.concat([encoded, Buffer.alloc(PADDING)]), length: encoded.length };
  }
  const length = scratch.write(key, 0, 'utf8');
  scratch.fill(0, length, length + PADDING);
  return { bytes: scratch, length };
}

const word = (bytes: Buffer, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

/**
 * The 16-bit signed hash of a partition key: Bob Jenkins' lookup3 over the key's UTF-8 bytes with both seeds zero,
 * the low halves of its two results combined.
 */
function hash(key: string): number {
  const { bytes, length } = utf8(key);
  let a = (0xdeadbeef + length) | 0;
  let b = a;
  let c = a;
  let at = 0;
  for (; length - at > 12; at += 12) {
    a = (a + word(bytes, at)) | 0;
    b = (b + word(bytes, at + 4)) | 0;
    c = (c + word(bytes, at + 8)) | 0;
    a = ((a - c) ^ rotate(c, 4)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 6)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 8)) | 0;
    b = (b + a) | 0;
    a = ((a - c) ^ rotate(c, 16)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 19)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 4)) | 0;
    b = (b + a) | 0;
  }
  if (length > at) {
    a = (a + word(bytes, at)) | 0;
    b = (b + word(bytes, at + 4)) | 0;
    c = (c + word(bytes, at + 8)) | 0;
    c = ((c ^ b) - rotate(b, 14)) | 0;
    a = ((a ^ c) - rotate(c, 11)) | 0;
    b = ((b ^ a) - rotate(a, 25)) | 0;
    c = ((c ^ b) - rotate(b, 16)) | 0;
    a = ((a ^ c) - rotate(c, 4)) | 0;
    b = ((b ^ a) - rotate(a, 14)) | 0;
    c = ((c ^ b) - rotate(b, 24)) | 0;
  }
  return ((c ^ b) << 16) >> 16;
}

/**
 * The partition (0-based) to which Azure Event Hubs sends events with this key.
 *
 * @param partitionCount the hub's partition count, an integer of at least 1; it must never change while keys matter.
 * @see `dist/esm/impl/partitionKeyToIdMapper.js` of `@azure/event-hubs`, whose results these equal.
 */
export function partitionForKey(key: string, partitionCount: number): number {
  return Math.abs(hash(key) % partitionCount);
}
