import fc from 'fast-check';
import { expect, test } from 'vitest';
import { closeOf, joinDirectly, matches, nameOf, readLog, sides } from './direct-join.ts';
import type { Entry, Item, Logs, Output } from './direct-join.ts';
import { chooser, LATEST, logs as anyLogs, settings } from './random-logs.ts';
import { createOwner, finish } from './random-runs.ts';
import type { Owner } from './random-runs.ts';
import { freshCut } from './recoverable-join.ts';
import type { JoinCut } from './recoverable-join.ts';
import type { Side } from './join-event.ts';

const anySeed = fc.integer();

/** What leaves alone: the event, and whether it is said for certain. */
const noticeOf = (output: Output): { readonly item: Item; readonly closedAt: number; readonly certain: boolean } | undefined => {
  if (output.kind === 'left-unmatched' || output.kind === 'left-undecided')
    return { item: output.left, closedAt: output.closedAt, certain: output.kind === 'left-unmatched' };
  if (output.kind === 'right-unmatched' || output.kind === 'right-undecided')
    return { item: output.right, closedAt: output.closedAt, certain: output.kind === 'right-unmatched' };
  return undefined;
};

/** Owners one after the other, each from the last cut of the one before, with the oldest of what was read gone in between. */
const play = (logs: Logs, seed: number) => {
  const choose = chooser(seed);
  const kept = { left: logs.left, right: logs.right };
  const lost: Partial<Record<Side, number>> = {};
  const said: { readonly output: Output; readonly token: string; readonly since: JoinCut }[] = [];
  let cut = freshCut;
  let owner: Owner;
  for (let crashes = choose(3) + 1; ; crashes--) {
    const since = cut;
    owner = createOwner({ logs: kept, cut, settings, alignmentMs: LATEST, lost });
    const say = (): void => void said.push(...owner.unsent.splice(0).map((each) => ({ ...each, since })));
    if (crashes === 0) {
      finish(owner, choose);
      say();
      break;
    }
    for (let steps = choose(40); steps > 0; steps--) {
      owner.step(sides[choose(2)]!, choose(3) === 0);
      if (choose(8) > 0 || owner.join.phase === 'replaying') continue;
      say();
      cut = owner.join.cut();
    }
    for (const side of sides) {
      if (choose(2) === 0) continue;
      // Only what has been read may go: a hub whose unread entries are gone is for somebody to decide about.
      const first = choose(cut.readTo[side] + 2);
      kept[side] = kept[side].filter(({ position }) => position >= first);
      if (first <= cut.replayFrom[side]) continue;
      // Ticks may have promised more than was read.
      lost[side] = Math.max(lost[side] ?? -Infinity, cut.newest[side] ?? -Infinity, cut.closedTo ?? -Infinity);
      const shortened = { ...cut.replayFrom, [side]: first };
      // A reader may begin at what is there, or find out by the first position that it gets, or by getting none.
      if (choose(2) === 0) cut = { ...cut, replayFrom: shortened };
    }
  }
  return { said, kept, lost, owner };
};

const names = (item: Item): string => `${item.side} ${nameOf(item)}`;
const namesIn = (log: readonly Entry[]): string[] =>
  log.flatMap(({ inputs }) => inputs.flatMap((each) => ('tick' in each ? [] : names(each.value))));

test(
  'where retention has deleted what was to be read again, nothing is said that is not so, and nothing that is there is passed over',
  { timeout: 60_000 },
  () => {
    let undecided = 0;
    let shortened = 0;
    fc.assert(
      fc.property(anyLogs, anySeed, (logs, seed) => {
        const truth = joinDirectly(logs, settings);
        const onTime = { left: readLog(logs.left, settings).onTime, right: truth.waiting.right };
        for (let i = 0; i < 20; i++) {
          const { said, kept, lost, owner } = play(logs, seed + i);
          if (lost.left !== undefined || lost.right !== undefined) shortened++;
          const noticed = new Set<string>();
          const paired = new Set<string>();
          for (const { output, since } of said) {
            if (output.kind === 'matched') {
              expect(matches(output.left, output.right, settings)).toBe(true);
              paired.add(names(output.left)).add(names(output.right));
            }
            const notice = noticeOf(output);
            if (!notice) continue;
            const { item, closedAt, certain } = notice;
            noticed.add(names(item));
            if (!certain) undecided++;
            // What the cut had closed has had its say.
            expect(closedAt).toBeGreaterThanOrEqual(since.closedTo ?? -Infinity);
            // That it is alone is said only of what is alone, and that nobody knows only where something is gone.
            const others =
              item.side === 'left'
                ? onTime.right.filter((p) => matches(item, p, settings))
                : onTime.left.filter((b) => matches(b, item, settings));
            if (certain) expect(others.map(names)).toEqual([]);
            else expect(lost[item.side === 'left' ? 'right' : 'left']).toBeDefined();
          }
          const out = new Set(said.map(({ token }) => token));
          // Every event had its say when it was first read; every pair of which both are still there has come out.
          for (const fact of truth.facts) if (fact.startsWith('entered')) expect(out).toContain(fact);
          const gone = new Set(sides.flatMap((side) => namesIn(logs[side].filter((each) => !kept[side].includes(each)))));
          const there = (item: Item): boolean => !gone.has(names(item));
          const end = owner.join.watermarks().joined;
          for (const b of truth.waiting.left)
            for (const p of truth.waiting.right)
              if (matches(b, p, settings) && there(b) && there(p)) expect(out).toContain(`${nameOf(b)}+${nameOf(p)}`);
          for (const item of [...truth.waiting.left, ...truth.waiting.right])
            if (there(item) && closeOf(item, settings) < end) expect([...noticed, ...paired]).toContain(names(item));
        }
      }),
      { numRuns: 1500 },
    );
    expect(shortened).toBeGreaterThan(1000);
    expect(undecided).toBeGreaterThan(500);
  },
);
