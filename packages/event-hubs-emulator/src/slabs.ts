/*
 * Memory for the newest records of a log. A buffer for each batch would be garbage a moment later, and the collector is started by the
 * bytes outside its heap: that was 40 % of the server's time.
 */

const SMALLEST = 64 * 1024;
const LARGEST = 4 * 1024 * 1024;
// So many buffers of each size wait to be used again; more are left to the collector.
const MOST_FREE = 8;

const free = new Map<number, Buffer[]>();

function take(size: number): Buffer {
  return free.get(size)?.pop() ?? Buffer.allocUnsafeSlow(size);
}

function giveBack(bytes: Buffer): void {
  const ofSize = free.get(bytes.length) ?? [];
  free.set(bytes.length, ofSize);
  if (ofSize.length < MOST_FREE) ofSize.push(bytes);
}

/** Room that was asked for. Whoever has it must give it back exactly once, and not touch its bytes after that. */
export interface Room {
  readonly bytes: Buffer;
  /** Keeps only the first `length` bytes. Only before the next room is asked for. */
  keep(length: number): Buffer;
  giveBack(): void;
}

/** Gives out pieces of large buffers, and uses a buffer again when all its pieces have come back. */
export interface Slabs {
  room(length: number): Room;
}

/** The slabs of one log: one log's records come back in about the order in which they went, so no buffer is held up by a few of them. */
export function createSlabs(): Slabs {
  let bytes: Buffer = Buffer.alloc(0);
  let used = 0;
  let pieces = { live: 0, current: false };
  return {
    room(length) {
      if (length > bytes.length - used) {
        pieces.current = false;
        if (pieces.live === 0 && bytes.length > 0) giveBack(bytes);
        const wanted = Math.min(Math.max(length * 4, SMALLEST), LARGEST);
        // Powers of two, so that few sizes are in use.
        bytes = take(2 ** Math.ceil(Math.log2(Math.max(length, wanted))));
        used = 0;
        pieces = { live: 0, current: true };
      }
      const slab = bytes;
      const mine = pieces;
      const start = used;
      mine.live += 1;
      used += length;
      return {
        bytes: slab.subarray(start, start + length),
        keep(kept) {
          used = start + kept;
          return slab.subarray(start, used);
        },
        giveBack() {
          mine.live -= 1;
          if (mine.live === 0 && !mine.current) giveBack(slab);
        },
      };
    },
  };
}

/** A buffer of at least `length` bytes for a moment, and how to give it back. */
export function borrow(length: number): { readonly bytes: Buffer; giveBack(): void } {
  const bytes = take(2 ** Math.ceil(Math.log2(Math.max(length, SMALLEST))));
  return { bytes, giveBack: () => giveBack(bytes) };
}
