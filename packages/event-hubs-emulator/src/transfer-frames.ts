import type { MessageRun } from './log-reader.ts';

/**
 * The frame of a settled transfer, 32 bytes before the payload: size, data offset 2, type 0, channel; described list 0x14 of
 * handle (uint), delivery id (uint), delivery tag (vbin8 of 4), message format (0), settled (true). AMQP 1.0, part 2, section 7.5.
 */
const HEADER = Buffer.from('0000000002000000005314c0130570000000007000000000a004000000004341', 'hex');
const CHANNEL_AT = 6;
const HANDLE_AT = 15;
const ID_AT = 20;
const TAG_AT = 26;

/** How many bytes a frame of {@link encodeTransfers} adds to a message. */
export const TRANSFER_OVERHEAD = HEADER.length;

/** Whose frames they are. */
export interface TransferLink {
  readonly channel: number;
  readonly handle: number;
  readonly firstDeliveryId: number;
}

/** Encodes one settled transfer a message, with consecutive delivery ids, one frame behind the other. */
export function encodeTransfers({ bytes, start, lengths }: MessageRun, link: TransferLink): Buffer {
  const header = Buffer.from(HEADER);
  header.writeUInt16BE(link.channel, CHANNEL_AT);
  header.writeUInt32BE(link.handle, HANDLE_AT);
  const total = lengths.reduce((sum, length) => sum + length + HEADER.length, 0);
  const frames = Buffer.allocUnsafe(total);
  let from = start;
  let at = 0;
  let id = link.firstDeliveryId;
  for (const length of lengths) {
    frames.set(header, at);
    frames.writeUInt32BE(HEADER.length + length, at);
    frames.writeUInt32BE(id, at + ID_AT);
    frames.writeUInt32BE(id, at + TAG_AT);
    id += 1;
    bytes.copy(frames, at + HEADER.length, from, from + length);
    at += HEADER.length + length;
    from += length;
  }
  return frames;
}

/**
 * Encodes one settled transfer as frames of at most `maxFrameSize` bytes each, for a peer that takes no larger ones; all but the
 * last say that more follows.
 */
export function encodeFragments(message: Buffer, link: TransferLink, maxFrameSize: number): Buffer[] {
  const frames: Buffer[] = [];
  // The field `more` follows: one byte longer than the plain header, and one field more.
  const header = Buffer.concat([HEADER, Buffer.of(0x41)]);
  header[12] = HEADER[12]! + 1;
  header[13] = HEADER[13]! + 1;
  header.writeUInt16BE(link.channel, CHANNEL_AT);
  header.writeUInt32BE(link.handle, HANDLE_AT);
  header.writeUInt32BE(link.firstDeliveryId, ID_AT);
  header.writeUInt32BE(link.firstDeliveryId, TAG_AT);
  const most = maxFrameSize - header.length;
  for (let from = 0; from < message.length; from += most) {
    const frame = Buffer.concat([header, message.subarray(from, from + most)]);
    frame.writeUInt32BE(frame.length, 0);
    frame[HEADER.length] = from + most < message.length ? 0x41 : 0x42;
    frames.push(frame);
  }
  return frames;
}
