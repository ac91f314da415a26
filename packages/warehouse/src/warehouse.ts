import type { BookingPaymentJoined, EventQuarantined, JoinProgress, Show } from '@boxoffice/schemas';
import type { Reports } from './reports.ts';

/** What a hub holds for the warehouse: joined events and progress, or quarantined events. */
export type Stream = 'joined' | 'quarantine';

/** How far a partition of a hub has been loaded, and by which claim on it. */
export interface IngestPosition {
  readonly stream: Stream;
  /** Grows with each claim; a load under an older one is fenced. */
  readonly generation: number;
  /** First sequence number of the last batch that was loaded; null while none was. */
  readonly batchStart: number | null;
  /** Last sequence number that was loaded; null while none was. */
  readonly sequenceNumber: number | null;
}

/** A run of messages of one partition, with everything that was read in them. */
export interface LoadBatch {
  readonly hub: string;
  readonly partition: number;
  /** What `claim`, `positions` or the load before said of the partition. */
  readonly expected: { readonly generation: number; readonly sequenceNumber: number | null };
  /** The first message of the batch. It may have been loaded before. */
  readonly firstSequenceNumber: number;
  /** The last message that is loaded in full with this batch; before the first one where none is. */
  readonly lastSequenceNumber: number;
  readonly joined: readonly BookingPaymentJoined[];
  readonly progress: readonly JoinProgress[];
  readonly quarantined: readonly EventQuarantined[];
}

export interface LoadResult {
  /** What to expect at the next load. */
  readonly position: IngestPosition;
  /** Rows that were not there before. */
  readonly bookings: number;
  readonly payments: number;
  readonly quarantined: number;
  /** Contents that differ from another under the same id and were not known to; the smaller stays. */
  readonly conflicts: number;
  /** Events whose fact (a matched event's is its payment) was there already, from an earlier batch or from this one. */
  readonly replayed: number;
}

export interface Loader {
  /**
   * Takes partitions of a hub for a new writer, known or not: each gets a new generation, so that whoever loaded it before
   * is fenced. All partitions that were ever claimed count for `completeThrough`.
   */
  claim(stream: Stream, hub: string, partitions: readonly number[]): Promise<ReadonlyMap<number, IngestPosition>>;
  positions(hub: string): Promise<ReadonlyMap<number, IngestPosition>>;
  /**
   * Loads a batch in one transaction, with its progress and its position, or nothing of it. A batch that repeats what is
   * there changes nothing but the position. All facts of a booking are expected to come through one partition: batches of
   * different partitions may be loaded at the same time, and do not wait for each other over a booking.
   * @throws FencedError when generation or position are not the expected ones.
   * @throws RefusedError when the database will not take a row.
   * @throws UnavailableError when the database is away; whether the batch went in is then for `positions` to say.
   */
  load(batch: LoadBatch): Promise<LoadResult>;
}

export interface Catalogue {
  /** Adds shows and their venues; of what is there already, the higher catalogue version stays. */
  seed(shows: readonly Show[]): Promise<void>;
  /** All shows, in order of id. */
  shows(): Promise<readonly Show[]>;
}

/**
 * The warehouse and the operational store, as the writer, the joiner and the reports need them: a narrow port, not a database
 * layer. There is one implementation for each kind of database.
 */
export interface Warehouse extends AsyncDisposable {
  /**
   * Brings the schema up to date, in one transaction and under a lock: whoever starts first does it, and again is no harm.
   * @throws SchemaTooNewError when the database is ahead of this code.
   */
  migrate(): Promise<void>;
  /** Never throws. `detail` says in words what is wrong, with nothing secret in it. */
  health(): Promise<{ readonly ok: boolean; readonly detail: string }>;
  readonly loader: Loader;
  readonly catalogue: Catalogue;
  readonly reports: Reports;
}
