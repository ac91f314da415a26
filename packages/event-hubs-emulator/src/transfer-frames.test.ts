import rhea from 'rhea';
import { expect, test } from 'vitest';
import { encodeFragments, encodeTransfers, transfersLength } from './transfer-frames.ts';

const messages = ['first', '', 'x'.repeat(70_000)].map((text) => Buffer.from(text));
const run = {
  bytes: Buffer.concat([Buffer.from('before'), ...messages]),
  start: 6,
  lengths: messages.map(({ length }) => length),
};
const link = { channel: 300, handle: 70_000, firstDeliveryId: 4_000_000_000 };

interface ValueReader {
  read(): { descriptor: { value: unknown }; value: { value: unknown }[] };
  remaining(): number;
  read_bytes(count: number): Buffer;
}
// rhea's decoder is not in its typings.
const Reader: new (bytes: Buffer) => ValueReader = Reflect.get(rhea.types, 'Reader');

/** Reads frames with rhea's decoder: where each frame ends, its channel, its performative's fields, its payload. */
function decode(frames: Buffer) {
  const decoded = [];
  for (let at = 0; at < frames.length;) {
    const size = frames.readUInt32BE(at);
    const reader = new Reader(frames.subarray(at + 8, at + size));
    const { descriptor, value } = reader.read();
    const fields = value.map((field) => field.value);
    decoded.push({
      channel: frames.readUInt16BE(at + 6),
      code: descriptor.value,
      fields,
      payload: reader.read_bytes(reader.remaining()),
    });
    at += size;
  }
  return decoded;
}

const tagOf = (id: number): Buffer => {
  const tag = Buffer.alloc(4);
  tag.writeUInt32BE(id);
  return tag;
};

test('each message is one settled transfer, with consecutive delivery ids', () => {
  const expected = messages.map((payload, i) => {
    const id = link.firstDeliveryId + i;
    return { channel: 300, code: 0x14, fields: [70_000, id, tagOf(id), 0, true, false, null, null, null, null, null], payload };
  });
  const frames = Buffer.alloc(transfersLength(run));
  expect(encodeTransfers(run, link, frames)).toBe(frames.length);
  expect(decode(frames)).toEqual(expected);
});

test('a message for a peer with small frames is cut; all frames but the last say that more follows', () => {
  const frames = encodeFragments(messages[2]!, link, 16_384);
  expect(Math.max(...frames.map(({ length }) => length))).toBe(16_384);
  const decoded = decode(Buffer.concat(frames));
  expect(decoded.map(({ fields }) => fields[5])).toEqual([true, true, true, true, false]);
  expect(Buffer.concat(decoded.map(({ payload }) => payload))).toEqual(messages[2]);
});
