/** What a stream of server messages said so far. */
export interface ResponseWatch {
  push(bytes: Uint8Array): void;
  /** The state in the last ReadyForQuery: `I` idle, `T` in a transaction, `E` in a failed one; undefined before any. */
  readonly state: string | undefined;
  /** Whether a SET, or something that undoes one, was carried out. */
  readonly settings: boolean;
}

/** Follows the messages of a server through chunks that end anywhere, keeping none of them. */
export const watchResponse = (): ResponseWatch => {
  /** Type, length and the first four bytes of the body: enough of every message that is of interest. */
  const head = Buffer.alloc(9);
  let filled = 0;
  let left = 0;
  let state: string | undefined;
  let settings = false;

  const look = (): void => {
    const type = head.toString('latin1', 0, 1);
    if (type === 'Z') state = head.toString('latin1', 5, 6);
    if (type === 'C' && /^(?:SET|RESE|DISC)/.test(head.toString('latin1', 5, 9))) settings = true;
  };

  return {
    get state() {
      return state;
    },
    get settings() {
      return settings;
    },
    push(bytes) {
      let at = 0;
      while (at < bytes.length) {
        if (filled < 5) {
          head[filled++] = bytes[at++] ?? 0;
          if (filled < 5) continue;
          left = head.readInt32BE(1) - 4;
          head.fill(0, 5);
        }
        const take = Math.min(left, bytes.length - at);
        for (let k = 0; k < take && filled < 9; k++) head[filled++] = bytes[at + k] ?? 0;
        at += take;
        left -= take;
        if (left > 0) return;
        look();
        filled = 0;
      }
    },
  };
};
