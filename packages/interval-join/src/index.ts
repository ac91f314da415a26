export { createIntervalJoin } from './interval-join.ts';
export type { IntervalJoin } from './interval-join.ts';
export type {
  EventOf,
  JoinInput,
  JoinOutput,
  JoinSettings,
  LeftEvent,
  RightEvent,
  Sameness,
  Side,
  Sides,
  Tick,
  Watermarks,
} from './join-event.ts';
export { createRecoverableJoin, freshCut } from './recoverable-join.ts';
export type { Hold, JoinCut, Phase, RecoverableJoin, RecoverableJoinOptions } from './recoverable-join.ts';
export { createReplayMarks } from './replay-marks.ts';
export type { ReplayMarks } from './replay-marks.ts';
