import type { JoinOutput, Side } from '../../packages/interval-join/src/index.ts';
import { settings } from './stream.ts';
import type { Input } from './stream.ts';

interface Waiting {
  readonly input: Input;
  matched: boolean;
}

/**
 * What one would write first: Maps by key and by id, and a queue per side in order of arrival, from whose front what has closed is
 * dropped. Not exact (events that are out of order leave late or hold up others); the yardstick for the operator's cost.
 */
export const createMapJoin = () => {
  const { beforeMs, afterMs, boundMs } = settings;
  const byKey = { left: new Map<string, Waiting[]>(), right: new Map<string, Waiting[]>() };
  const ids = { left: new Set<string>(), right: new Set<string>() };
  const queues = { left: [] as Waiting[], right: [] as Waiting[] };
  const fronts = { left: 0, right: 0 };
  const watermark = { left: -Infinity, right: -Infinity };

  const leave = (side: Side, below: number, outputs: JoinOutput<string, string>[]): void => {
    const queue = queues[side];
    for (let next = queue[fronts[side]]; next && next.input.at < below; next = queue[++fronts[side]]) {
      const { input, matched } = next;
      const list = byKey[side].get(input.key);
      if (list && list.length > 1) list.splice(list.indexOf(next), 1);
      else byKey[side].delete(input.key);
      ids[side].delete(input.id);
      if (matched) continue;
      if (side === 'left') outputs.push({ kind: 'left-unmatched', left: input.value, closedAt: input.at + afterMs });
      else outputs.push({ kind: 'right-unmatched', right: input.value, closedAt: input.at + beforeMs });
    }
    if (fronts[side] > 1024 && 2 * fronts[side] > queue.length) {
      queue.splice(0, fronts[side]);
      fronts[side] = 0;
    }
  };

  return (input: Input): JoinOutput<string, string>[] => {
    const { side, key, id, at } = input;
    if (at < watermark[side]) return [{ kind: 'late', side, lateByMs: watermark[side] - at }];
    if (ids[side].has(id)) return [{ kind: 'duplicate', side }];
    const outputs: JoinOutput<string, string>[] = [{ kind: 'entered', side }];
    const waiting = { input, matched: false };
    for (const other of byKey[side === 'left' ? 'right' : 'left'].get(key) ?? []) {
      const [left, right] = side === 'left' ? [waiting, other] : [other, waiting];
      if (right.input.at < left.input.at - beforeMs || right.input.at > left.input.at + afterMs) continue;
      left.matched = right.matched = true;
      outputs.push({ kind: 'matched', left: left.input.value, right: right.input.value });
    }
    const list = byKey[side].get(key);
    if (list) list.push(waiting);
    else byKey[side].set(key, [waiting]);
    ids[side].add(id);
    queues[side].push(waiting);
    watermark[side] = Math.max(watermark[side], at - boundMs);
    const joined = Math.min(watermark.left, watermark.right);
    leave('left', joined - afterMs, outputs);
    leave('right', joined - beforeMs, outputs);
    return outputs;
  };
};
