import { createIntervalJoin } from './interval-join.ts';
import { createReplayMarks } from './replay-marks.ts';
import type { IntervalJoin } from './interval-join.ts';
import type { JoinInput, JoinOutput, JoinSettings, Sameness, Side, Sides } from './join-event.ts';

/** What a checkpoint remembers of a join; safe in JSON. Positions are whole numbers, -1 for none; times are ms. */
export interface JoinCut {
  /** The last position read of each side, all of whose outputs have been acknowledged. */
  readonly readTo: Sides<number>;
  /** The first position to read again after a restart. */
  readonly replayFrom: Sides<number>;
  /** Outputs of everything up to here have come out before: beyond `readTo` only while a repetition is under way. */
  readonly knownTo: Sides<number>;
  /** The joined watermark at `readTo`; null while an input has not been heard of, and where nothing is to be forgotten. */
  readonly closedTo: number | null;
  /** The highest event time (not tick) read. */
  readonly newest: Sides<number | null>;
}

/** Where a join begins that has read nothing. */
export const freshCut: JoinCut = {
  readTo: { left: -1, right: -1 },
  replayFrom: { left: 0, right: 0 },
  knownTo: { left: -1, right: -1 },
  closedTo: null,
  newest: { left: null, right: null },
};

/**
 * Why an entry has to wait. `barrier`: the other side has to come to where it was before anything new is read. `alignment`: its
 * side is ahead in event time, and what it would open could not close anyway.
 */
export type Hold = 'barrier' | 'alignment';

/** `replaying`: state is built again, in silence. `repeating`: what had come out before comes out again. */
export type Phase = 'replaying' | 'repeating' | 'live';

/** How a join begins. */
export interface RecoverableJoinOptions<L, R> {
  readonly settings: JoinSettings;
  /** Where to begin; a fresh one without it. */
  readonly cut?: JoinCut;
  /** How far a side may be ahead of the other in event time, ms, while the other has more to read. */
  readonly alignmentMs: number;
  readonly same?: Sameness<L, R>;
}

/**
 * An interval join over two logs, that keeps no state but a cut. It begins at `replayFrom` of both logs and is silent until both
 * have come to `readTo`, beyond which nothing is read before (the barrier); what was closed by then has had its say and is
 * forgotten. Then it goes on as if nothing had happened, so all outputs together are those of one run without a crash, each at
 * least once: what had left after the cut leaves again, the same.
 *
 * Ask `hold` of the next entry of a side, `push` what it holds, then say that it is `done`. Positions of a side only grow, and may
 * have gaps. One side at least may always be taken if both have an entry.
 */
export interface RecoverableJoin<L, R> extends Pick<
  IntervalJoin<L, R>,
  'watermarks' | 'lastClose' | 'open' | 'unmatched' | 'stateBytes' | 'lost'
> {
  readonly phase: Phase;
  /**
   * Why the entry at `position` may not be taken now; undefined when it may. One beyond the barrier tells that what lay before it
   * is gone, so its side counts as there; this may end a phase. `otherCaughtUp`: the other side has nothing more to read now.
   */
  hold(side: Side, position: number, otherCaughtUp: boolean): Hold | undefined;
  /**
   * Takes an event or tick of the entry at `position`; nothing comes out while replaying.
   * @throws {RangeError} for a position that has been done, or that lies beyond the barrier.
   */
  push(position: number, input: JoinInput<L, R>): readonly JoinOutput<L, R>[];
  /** Everything at `position` has been pushed, or there was nothing; returns whether that ended a phase. */
  done(side: Side, position: number): boolean;
  /** There is nothing left to read up to this side's barrier; returns whether that ended a phase. */
  reach(side: Side): boolean;
  /** What to remember once every output so far has been acknowledged. @throws {Error} while replaying. */
  cut(): JoinCut;
  /** The last position that is done, of each side. */
  readTo(): Sides<number>;
}

const other = { left: 'right', right: 'left' } as const;
const silence: readonly never[] = Object.freeze([]);

/** Takes up the join that `cut` describes. @throws {RangeError} for settings that are not whole, non-negative milliseconds. */
export const createRecoverableJoin = <L, R>({
  settings,
  cut = freshCut,
  alignmentMs,
  same = {},
}: RecoverableJoinOptions<L, R>): RecoverableJoin<L, R> => {
  const join = createIntervalJoin<L, R>(settings, { same });
  const marks = { left: createReplayMarks(), right: createReplayMarks() };
  const readTo = { left: cut.replayFrom.left - 1, right: cut.replayFrom.right - 1 };
  const newest = { ...cut.newest };
  const knownTo = { left: Math.max(cut.readTo.left, cut.knownTo.left), right: Math.max(cut.readTo.right, cut.knownTo.right) };
  let phase: Phase = 'replaying';
  let barrier: Sides<number> = cut.readTo;
  const gone = { left: false, right: false };

  const reached = (side: Side): boolean => gone[side] || readTo[side] >= barrier[side];

  /** Goes on to the next phase, and through those that have nothing in them. */
  const advance = (): boolean => {
    const before = phase;
    while (phase !== 'live' && reached('left') && reached('right')) {
      for (const side of ['left', 'right'] as const) {
        readTo[side] = Math.max(readTo[side], barrier[side]);
        gone[side] = false;
      }
      if (phase === 'replaying' && cut.closedTo !== null) join.forgetClosed(cut.closedTo);
      const more = knownTo.left > barrier.left || knownTo.right > barrier.right;
      phase = phase === 'replaying' && more ? 'repeating' : 'live';
      barrier = knownTo;
    }
    return phase !== before;
  };
  advance();

  const beyond = (side: Side, position: number): boolean => phase !== 'live' && position > barrier[side];

  return {
    get phase() {
      return phase;
    },
    hold(side, position, otherCaughtUp) {
      // While one phase ends the next may begin, with a barrier that this lies beyond as well.
      while (beyond(side, position)) {
        gone[side] = true;
        if (!advance()) return 'barrier';
      }
      if (phase === 'replaying' || otherCaughtUp) return undefined;
      // One that has come to the barrier waits for this one.
      if (phase === 'repeating' && reached(other[side])) return undefined;
      const { [side]: mine, [other[side]]: theirs } = join.watermarks();
      return mine > theirs + alignmentMs ? 'alignment' : undefined;
    },
    push(position, input) {
      const { side } = input;
      if (position <= readTo[side] || beyond(side, position))
        throw new RangeError(
          `${side} position ${position}: read to ${readTo[side]}, barrier ${barrier[side]}, ${phase}: expected a position that hold lets pass`,
        );
      const isTick = 'tick' in input;
      const at = isTick ? input.tick : input.at;
      marks[side].read(position, at);
      if (!isTick && (newest[side] === null || at > newest[side])) newest[side] = at;
      if (phase !== 'replaying') return join.push(input);
      join.replay(input);
      return silence;
    },
    done(side, position) {
      if (position <= readTo[side])
        throw new RangeError(`${side} position ${position}: is done, expected one after ${readTo[side]}`);
      readTo[side] = position;
      return advance();
    },
    reach(side) {
      if (phase !== 'live') gone[side] = true;
      return advance();
    },
    cut() {
      if (phase === 'replaying') throw new Error('a join that is replaying has nothing new to remember');
      const floor = join.replayFloor();
      const { joined } = join.watermarks();
      return {
        readTo: { ...readTo },
        replayFrom: { left: marks.left.first(floor) ?? readTo.left + 1, right: marks.right.first(floor) ?? readTo.right + 1 },
        knownTo: phase === 'live' ? { ...readTo } : knownTo,
        closedTo: Number.isFinite(joined) ? joined : null,
        newest: { ...newest },
      };
    },
    readTo: () => ({ ...readTo }),
    watermarks: join.watermarks,
    lastClose: join.lastClose,
    open: join.open,
    unmatched: join.unmatched,
    stateBytes: join.stateBytes,
    lost: join.lost,
  };
};
