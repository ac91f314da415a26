import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinDirectly, sides } from './direct-join.ts';
import type { Logs } from './direct-join.ts';
import { chooser, LATEST, logs as anyLogs, settings } from './random-logs.ts';
import type { Choose } from './random-logs.ts';
import { createOwner, finish, live } from './random-runs.ts';
import type { World } from './random-runs.ts';
import { freshCut } from './recoverable-join.ts';
import type { JoinCut } from './recoverable-join.ts';

const SCHEDULES = 20;
const alignments = [0, 4, LATEST];
const anySeed = fc.integer();
const missing = (expected: ReadonlySet<string>, out: ReadonlySet<string>): string[] =>
  [...expected].filter((each) => !out.has(each)).toSorted();

const worldOf = (logs: Logs, choose: Choose, written: JoinCut[] = []): World => ({
  out: new Set(),
  written,
  owners: [],
  begin: (cut) => createOwner({ logs, cut, settings, alignmentMs: alignments[choose(3)]! }),
});

test(
  'whatever crashes, whoever lives on, and whichever cut is found: all that was said is what the two logs say',
  { timeout: 120_000 },
  () => {
    let schedules = 0;
    fc.assert(
      fc.property(anyLogs, anySeed, (logs, seed) => {
        const { facts, notices } = joinDirectly(logs, settings);
        const expected = facts.union(notices);
        const choose = chooser(seed);
        for (let i = 0; i < SCHEDULES; i++) {
          const world = worldOf(logs, choose);
          live(world, choose(120), choose);
          schedules++;
          expect({ missing: missing(expected, world.out), invented: missing(world.out, expected) }).toEqual({
            missing: [],
            invented: [],
          });
        }
      }),
      { numRuns: 5000 },
    );
    expect(schedules).toBeGreaterThanOrEqual(100_000);
  },
);

test('when all has closed nothing is held, and nothing is accounted for', () => {
  fc.assert(
    fc.property(anyLogs, anySeed, (logs, seed) => {
      const owner = createOwner({ logs, cut: freshCut, settings, alignmentMs: LATEST });
      finish(owner, chooser(seed));
      expect(owner.join.stateBytes() > 0 || owner.join.open().left + owner.join.open().right === 0).toBe(true);
      for (const side of sides) owner.join.push(1000, { side, tick: 1000 });
      expect([owner.join.open(), owner.join.unmatched(), owner.join.stateBytes(), owner.join.lastClose()]).toEqual([
        { left: 0, right: 0 },
        { left: 0, right: 0 },
        0,
        undefined,
      ]);
    }),
    { numRuns: 500 },
  );
});

test(
  'a repetition on purpose, crashes and all, brings out every fact; from the beginning, exactly what new settings make of it',
  { timeout: 60_000 },
  () => {
    const changed = { beforeMs: 4, afterMs: 3, boundMs: 5 };
    fc.assert(
      fc.property(anyLogs, anySeed, (logs, seed) => {
        const choose = chooser(seed);
        const { facts } = joinDirectly(logs, settings);
        for (let i = 0; i < SCHEDULES; i++) {
          const before = worldOf(logs, choose);
          live(before, choose(80), choose);
          const known = before.written.at(-1) ?? freshCut;
          const fromStart = choose(2) === 0;
          const from = {
            left: fromStart ? 0 : choose(known.replayFrom.left + 1),
            right: fromStart ? 0 : choose(known.replayFrom.right + 1),
          };
          const readTo = { left: from.left - 1, right: from.right - 1 };
          const repeat = { ...known, readTo, replayFrom: from, knownTo: known.knownTo, closedTo: null };
          const used = fromStart ? changed : settings;
          const after: World = {
            ...worldOf(logs, choose, [repeat]),
            begin: (cut) => createOwner({ logs, cut, settings: used, alignmentMs: alignments[choose(3)]! }),
          };
          live(after, choose(80), choose);
          if (fromStart) {
            const expected = joinDirectly(logs, changed);
            const all = expected.facts.union(expected.notices);
            expect([missing(all, after.out), missing(after.out, all)]).toEqual([[], []]);
          } else {
            const out = before.out.union(after.out);
            expect(missing(facts, out)).toEqual([]);
          }
          const cut = after.owners.at(-1)!.join.cut();
          expect(cut.knownTo).toEqual(cut.readTo);
        }
      }),
      { numRuns: 500 },
    );
  },
);
