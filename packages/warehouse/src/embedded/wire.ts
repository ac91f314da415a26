// PostgreSQL's frontend/backend protocol, version 3, as far as a server in front of a single session needs it.
// https://www.postgresql.org/docs/current/protocol-message-formats.html

const sslRequest = 80877103;
const gssRequest = 80877104;
const cancelRequest = 80877102;
/** A start-up packet holds a few settings; the first four bytes of a stranger's protocol may claim anything. */
const longestStartup = 10_000;
/** PGlite takes a unit as a whole, and its memory is small. */
const longestMessage = 128 * 1024 * 1024;

/** What a client opens a connection with. */
export type Opening =
  | { readonly kind: 'startup'; readonly settings: ReadonlyMap<string, string>; readonly length: number }
  | { readonly kind: 'encryption'; readonly length: number }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'garbage' };

/** Reads the opening at the start of `bytes`; undefined while it is not complete. */
export const readOpening = (bytes: Buffer): Opening | undefined => {
  if (bytes.length < 8) return undefined;
  const length = bytes.readInt32BE(0);
  const code = bytes.readInt32BE(4);
  if (length < 8 || length > longestStartup) return { kind: 'garbage' };
  if (bytes.length < length) return undefined;
  if (code === sslRequest || code === gssRequest) return { kind: 'encryption', length };
  if (code === cancelRequest) return { kind: 'cancel' };
  if (code >> 16 !== 3) return { kind: 'garbage' };
  const words = bytes.toString('utf8', 8, length).split('\0');
  const settings = new Map<string, string>();
  for (let at = 0; at + 1 < words.length && words[at]; at += 2) settings.set(words[at] ?? '', words[at + 1] ?? '');
  return { kind: 'startup', settings, length };
};

/** A message of a client: its type as a letter, and all of its bytes. */
export interface ClientMessage {
  readonly type: string;
  readonly bytes: Buffer;
}

/** The message at the start of `bytes`; undefined while it is not complete. @throws RangeError when it claims an absurd length */
export const readClientMessage = (bytes: Buffer): ClientMessage | undefined => {
  if (bytes.length < 5) return undefined;
  const length = bytes.readInt32BE(1) + 1;
  if (length < 5 || length > longestMessage) throw new RangeError(`a message claims ${length} bytes`);
  if (bytes.length < length) return undefined;
  return { type: bytes.toString('latin1', 0, 1), bytes: bytes.subarray(0, length) };
};

/** Whether a Parse message names its statement: the one session has one set of names, and clients would overwrite each other's. */
export const namesStatement = ({ type, bytes }: ClientMessage): boolean => type === 'P' && bytes[5] !== 0;

const message = (type: string, body: Buffer): Buffer => {
  const header = Buffer.alloc(5);
  header.write(type, 0, 'latin1');
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
};

const strings = (...values: readonly string[]): Buffer => Buffer.from(values.map((value) => `${value}\0`).join(''));

/** ReadyForQuery, outside of a transaction. */
export const ready = message('Z', Buffer.from('I'));

/** The greeting: no password is asked for, since only this machine can connect. */
export const welcome = (serverVersion: string): Buffer =>
  Buffer.concat([
    message('R', Buffer.alloc(4)),
    ...[
      ['server_version', serverVersion],
      ['server_encoding', 'UTF8'],
      ['client_encoding', 'UTF8'],
      ['DateStyle', 'ISO, MDY'],
      ['IntervalStyle', 'postgres'],
      ['TimeZone', 'UTC'],
      ['integer_datetimes', 'on'],
      ['standard_conforming_strings', 'on'],
    ].map((setting) => message('S', strings(...setting))),
    message('K', Buffer.alloc(8)),
    ready,
  ]);

/** ErrorResponse. `code` is an SQLSTATE. */
export const failure = (severity: 'ERROR' | 'FATAL', code: string, text: string): Buffer =>
  message('E', Buffer.concat([strings(`S${severity}`, `V${severity}`, `C${code}`, `M${text}`), Buffer.alloc(1)]));

/** A simple query, as a client would send it. */
export const query = (text: string): Buffer => message('Q', strings(text));
