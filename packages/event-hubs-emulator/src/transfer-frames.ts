import type { MessageRun } from './log-reader.ts';

/**
 * The frame of a settled transfer, 38 bytes before the payload: size, data offset 2, type 0, channel; described list 0x14 of
 * handle (uint), delivery id (uint), delivery tag (vbin8 of 4), message format (0), settled (true), more, and five nulls. AMQP 1.0,
 * part 2, section 7.5, lets a list end at its last value; the Python SDK looks for all eleven fields.
 */
const HEADER = Buffer.from('0000000002000000005314c0190b70000000007000000000a004000000004341424040404040', 'hex');
const CHANNEL_AT = 6;
const HANDLE_AT = 15;
const ID_AT = 20;
const TAG_AT = 26;
const MORE_AT = 32;
const MORE = 0x41;

/** How many bytes a frame of {@link encodeTransfers} adds to a message. */
export const TRANSFER_OVERHEAD = HEADER.length;

/** Whose frames they are. */
export interface TransferLink {
  readonly channel: number;
  readonly handle: number;
  readonly firstDeliveryId: number;
}

/** How many bytes {@link encodeTransfers} needs for a run. */
export function transfersLength({ lengths }: MessageRun): number {
  return lengths.reduce((sum, length) => sum + length + HEADER.length, 0);
}

/** Encodes one settled transfer a message, with consecutive delivery ids, one frame behind the other, into `frames`. Returns their length. */
export function encodeTransfers({ bytes, start, lengths }: MessageRun, link: TransferLink, frames: Buffer): number {
  const header = Buffer.from(HEADER);
  header.writeUInt16BE(link.channel, CHANNEL_AT);
  header.writeUInt32BE(link.handle, HANDLE_AT);
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
  return at;
}

/**
 * Encodes one settled transfer as frames of at most `maxFrameSize` bytes each, for a peer that takes no larger ones; all but the
 * last say that more follows.
 */
export function encodeFragments(message: Buffer, link: TransferLink, maxFrameSize: number): Buffer[] {
  const frames: Buffer[] = [];
  const header = Buffer.from(HEADER);
  header.writeUInt16BE(link.channel, CHANNEL_AT);
  header.writeUInt32BE(link.handle, HANDLE_AT);
  header.writeUInt32BE(link.firstDeliveryId, ID_AT);
  header.writeUInt32BE(link.firstDeliveryId, TAG_AT);
  const most = maxFrameSize - header.length;
  for (let from = 0; from < message.length; from += most) {
    const frame = Buffer.concat([header, message.subarray(from, from + most)]);
    frame.writeUInt32BE(frame.length, 0);
    if (from + most < message.length) frame[MORE_AT] = MORE;
    frames.push(frame);
  }
  return frames;
}
