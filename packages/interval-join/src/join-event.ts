/** The join's window and how far out of order an input may be, all in ms. */
export interface JoinSettings {
  /** How long before its left event a right event may lie, inclusive. */
  readonly beforeMs: number;
  /** How long after it, inclusive. */
  readonly afterMs: number;
  /** An event that lies further than this behind the newest of its own input is late. */
  readonly boundMs: number;
}

/** Which of the two inputs. */
export type Side = 'left' | 'right';

/** Something of each side. */
export type Sides<T> = Readonly<Record<Side, T>>;

/** What the events of both sides have in common. */
export interface EventOf<V> {
  readonly key: string;
  /** Who it is; a copy has the same key and id, the same time and the same content. */
  readonly id: string;
  /** Event time, whole ms. */
  readonly at: number;
  readonly value: V;
  /** What the value takes in memory, as the caller accounts for it; 0 when it does not say. */
  readonly bytes?: number;
}

/** An event of the left input. */
export interface LeftEvent<L> extends EventOf<L> {
  readonly side: 'left';
}

/** An event of the right input. */
export interface RightEvent<R> extends EventOf<R> {
  readonly side: 'right';
  /** It passes: it is checked for lateness and repetition like any other, but joins nothing and waits for nothing. */
  readonly passes?: boolean;
}

/** "This input is complete up to `tick`", whole ms. */
export interface Tick {
  readonly side: Side;
  readonly tick: number;
}

/** An event as it is read from an input, or a tick. */
export type JoinInput<L, R> = LeftEvent<L> | RightEvent<R> | Tick;

/** What becomes of events; times in ms. */
export type JoinOutput<L, R> =
  | { readonly kind: 'late'; readonly side: Side; readonly lateByMs: number }
  | { readonly kind: 'duplicate'; readonly side: Side }
  /** On time, and the first of its id, time and content. */
  | { readonly kind: 'entered'; readonly side: Side }
  | { readonly kind: 'matched'; readonly left: L; readonly right: R }
  | { readonly kind: 'left-unmatched'; readonly left: L; readonly closedAt: number }
  | { readonly kind: 'right-unmatched'; readonly right: R; readonly closedAt: number }
  /** Nothing that was read matches it, but what does may be among what was lost. */
  | { readonly kind: 'left-undecided'; readonly left: L; readonly closedAt: number }
  /** `lateByMs`: how far its own input has come since, at least 1. */
  | { readonly kind: 'right-undecided'; readonly right: R; readonly closedAt: number; readonly lateByMs: number };

/** How far the inputs have come; `-Infinity` for one that has not been heard of. */
export interface Watermarks extends Sides<number> {
  /** The smaller of the two: every pair of windows below has been decided. */
  readonly joined: number;
}

/** Whether two contents are the same, asked of two events of one id and one event time; without an answer they are. */
export interface Sameness<L, R> {
  readonly left?: (a: L, b: L) => boolean;
  readonly right?: (a: R, b: R) => boolean;
}
