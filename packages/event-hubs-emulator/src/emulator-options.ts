import type { AccessKeys } from './access-keys.ts';
import type { HubOptions } from './hub.ts';
import type { FsyncPolicy } from './log-options.ts';

/** Where the server tells what it noticed; a pino logger is one. */
export interface EmulatorLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

export interface EmulatorOptions {
  /** The hubs, by name. The consumer group `$Default` exists in each. A hub's partition count is fixed by its data. */
  readonly hubs: Readonly<Record<string, HubOptions>>;
  /** The address to listen on; `localhost`, the default, is the loopback of both IP versions. */
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Events are kept in `<dataDirectory>/<hub>/<partition>/`. One server at a time. */
  readonly dataDirectory: string;
  /**
   * Shared access keys, by name: clients then need a token that one of them signed. Without keys any token will do, and the server
   * listens on loopback only.
   */
  readonly keys?: AccessKeys;
  /** When events are forced to disk; `always`, the default, before they are acknowledged. */
  readonly fsync?: FsyncPolicy;
  /** How long events are kept, in ms, by whole segments; for ever if not given. */
  readonly retentionMs?: number;
  /** How many bytes a partition keeps, by whole segments; no limit if not given. */
  readonly retentionBytes?: number;
  /** A segment file that has reached this size is followed by a new one; 64 MiB if not given. */
  readonly segmentBytes?: number;
  /** Serves health, metrics and a look at the events over HTTP, on loopback; 0 takes a free port. Off if not given. */
  readonly httpPort?: number;
  /** A client that has not opened its connection within this time is cut off; 10 s if not given. */
  readonly handshakeTimeoutMs?: number;
  /** A client of which nothing has come for twice this time is cut off; idle ones are asked to say something within it. 60 s if not given. */
  readonly idleTimeoutMs?: number;
  /** Batches that wait for a write which takes longer than this are refused with `com.microsoft:timeout`; 30 s if not given. */
  readonly writeTimeoutMs?: number;
  readonly log?: EmulatorLog;
}
