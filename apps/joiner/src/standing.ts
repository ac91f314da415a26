import { inputs, ofEach, otherThan } from './inputs.ts';
import type { Input } from './inputs.ts';
import type { OwnedPair } from './owned.ts';
import type { PairStatus } from './pair.ts';

/** Why a pair's watermark stands where it stands. */
export const reasons = [
  'claiming',
  'refused',
  'fenced',
  'replaying',
  'repeating',
  'congested',
  'waiting-for-bookings',
  'waiting-for-payments',
  'idle',
  'running',
] as const;

/** @see reasons */
type Reason = (typeof reasons)[number];

/** A reason, and what people would ask next. */
export interface Standing {
  readonly reason: Reason;
  readonly detail: string;
}

/** How an input stands. */
export interface InputStanding {
  readonly readTo: number;
  /** Last sequence number whose outputs are acknowledged and remembered. */
  readonly checkpointedTo: number;
  readonly caughtUp: boolean;
  /** ms; `-Infinity` until the input was heard of. */
  readonly watermark: number;
  readonly open: number;
  /** Messages between the last one taken and the last one that the broker had when last asked. */
  readonly lag: number;
  /** How long after the last one taken that one came in, seconds; 0 when there is no lag. */
  readonly lagSeconds: number;
  /** What it waits for with a message in hand. */
  readonly held: 'barrier' | 'alignment' | 'state' | undefined;
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

const inputOf = ({ run, checkpoint }: OwnedPair, status: PairStatus | undefined, input: Input): InputStanding => {
  const checkpointedTo = checkpoint?.readTo[input] ?? -1;
  if (!run || !status)
    return {
      readTo: checkpointedTo,
      checkpointedTo,
      caughtUp: false,
      watermark: -Infinity,
      open: 0,
      lag: 0,
      lagSeconds: 0,
      held: undefined,
    };
  const { caughtUp, state } = run.feeds[input];
  const readTo = status.readTo[input];
  const lag = Math.max(0, state.lastSequenceNumber - readTo);
  const since = status.enqueuedAt[input];
  return {
    readTo,
    checkpointedTo,
    caughtUp,
    watermark: status.watermarks[input],
    open: status.open[input],
    lag,
    lagSeconds: lag > 0 && since !== null ? Math.max(0, state.lastEnqueuedAt - since) / 1000 : 0,
    held: run.held[input],
  };
};

/** Of a pair that reads the past again: how much is left, and how long that takes at the pace so far. */
const replayDetail = ({ readTo, until, replayed }: PairStatus, elapsedMs: number): string => {
  const left = inputs.reduce((sum, input) => sum + Math.max(0, until[input] - readTo[input]), 0);
  const eta = replayed > 0 ? `, about ${seconds((left * elapsedMs) / replayed)} at the pace so far` : '';
  return `${left} messages left to read again${eta}`;
};

const liveStanding = (
  inputStandings: Readonly<Record<Input, InputStanding>>,
  run: NonNullable<OwnedPair['run']>,
  now: number,
): Standing => {
  if (run.congested)
    return {
      reason: 'congested',
      detail: 'the joined or the quarantine hub takes less than there is to send; look at their health',
    };
  const { bookings, payments } = inputStandings;
  const holder: Input = bookings.watermark <= payments.watermark ? 'bookings' : 'payments';
  const other = otherThan(holder);
  const slow = inputStandings[holder];
  const waiting = inputStandings[other].held;
  const because =
    waiting === 'alignment'
      ? `; ${other} is ahead and waits`
      : waiting === 'state'
        ? `; ${other} waits, for the state is as large as it may be`
        : '';
  if (slow.lag > 0 && inputStandings[other].lag === 0)
    return { reason: `waiting-for-${holder}`, detail: `${holder} is ${slow.lag} messages behind${because}` };
  if (waiting !== undefined) return { reason: `waiting-for-${holder}`, detail: `${holder} holds the watermark${because}` };
  if (slow.watermark === -Infinity && slow.caughtUp)
    return {
      reason: `waiting-for-${holder}`,
      detail: `nothing was ever read from ${holder}: an empty hub gets no tick, so time begins with its first event`,
    };
  if (bookings.caughtUp && payments.caughtUp)
    return {
      reason: 'idle',
      detail: `everything is read; ${holder} holds the watermark, and brought something ${seconds(now - run.feeds[holder].newAt)} ago`,
    };
  if (slow.caughtUp)
    return {
      reason: `waiting-for-${holder}`,
      detail: `${holder} has nothing more, and brought something ${seconds(now - run.feeds[holder].newAt)} ago; a tick follows when it has rested`,
    };
  return { reason: 'running', detail: `${holder} holds the watermark` };
};

/** A pair as people want to see it; `now` is the clock, ms. */
export const standingOf = (pair: OwnedPair, now: number) => {
  const { run, fenced, refusal } = pair;
  const status = run?.pair.status();
  const standings = ofEach((input) => inputOf(pair, status, input));
  const why = (): Standing => {
    if (fenced)
      return {
        reason: 'fenced',
        detail: 'another instance has this pair now, or it was changed and is taken up again at the next look',
      };
    if (refusal) return { reason: 'refused', detail: refusal.message };
    if (!run || !status) return { reason: 'claiming', detail: 'the pair is being claimed, and its hubs are being looked at' };
    if (status.phase !== 'live') return { reason: status.phase, detail: replayDetail(status, now - run.startedAt) };
    return liveStanding(standings, run, now);
  };
  const standing = why();
  const phase = fenced || refusal || !status ? (fenced ? 'fenced' : refusal ? 'refused' : 'claiming') : status.phase;
  return { phase, standing, inputs: standings, status } as const;
};
