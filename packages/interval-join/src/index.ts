export { createIntervalJoin } from './interval-join.ts';
export type { IntervalJoin, JoinInput, JoinOutput, JoinSettings, Side, Watermarks } from './interval-join.ts';
export { createReplayMarks } from './replay-marks.ts';
export type { ReplayMarks } from './replay-marks.ts';
