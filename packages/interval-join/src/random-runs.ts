import { createRecoverableJoin, freshCut } from './recoverable-join.ts';
import { sides, same, tokenOf } from './direct-join.ts';
import type { Entry, Item, Logs, Output } from './direct-join.ts';
import type { JoinSettings, Side } from './join-event.ts';
import type { Choose } from './random-logs.ts';
import type { JoinCut } from './recoverable-join.ts';

/* For tests: owners of a pair of logs, as they come, write cuts, crash, and go on as zombies. */

const otherThan = { left: 'right', right: 'left' } as const;

export interface OwnerOptions {
  readonly logs: Logs;
  readonly cut: JoinCut;
  readonly settings: JoinSettings;
  readonly alignmentMs: number;
  readonly lost?: Readonly<Partial<Record<Side, number>>>;
}

/** One process that reads both logs from where the cut says. What it says waits in `unsent` until it is sent. */
export const createOwner = ({ logs, cut, settings, alignmentMs, lost = {} }: OwnerOptions) => {
  const join = createRecoverableJoin<Item, Item>({ settings, cut, alignmentMs, same });
  for (const side of sides) if (lost[side] !== undefined) join.lost(side, lost[side]);
  const firstFrom = (side: Side): number => {
    const index = logs[side].findIndex(({ position }) => position >= cut.replayFrom[side]);
    return index < 0 ? logs[side].length : index;
  };
  const next = { left: firstFrom('left'), right: firstFrom('right') };
  const unsent: { readonly token: string; readonly output: Output }[] = [];

  const take = (side: Side, { position, inputs }: Entry): void => {
    for (const [index, input] of inputs.entries())
      for (const output of join.push(position, input))
        unsent.push({ token: tokenOf(output, `${side} ${position}/${index}`), output });
    join.done(side, position);
    next[side]++;
  };
  const atEnd = (side: Side): boolean => next[side] >= logs[side].length;

  return {
    join,
    unsent,
    ended: () => atEnd('left') && atEnd('right'),
    /** Takes the next entry of a side if there is one and it may be taken; whether it did. */
    step(side: Side, lie: boolean): boolean {
      const entry = logs[side][next[side]];
      if (!entry) {
        if (join.phase !== 'live') join.reach(side);
        return false;
      }
      if (join.hold(side, entry.position, lie || atEnd(otherThan[side]))) return false;
      take(side, entry);
      return true;
    },
  };
};

export type Owner = ReturnType<typeof createOwner>;

/** Reads both logs to their ends. @throws {Error} when neither side may be taken. */
export const finish = (owner: Owner, choose: Choose): void => {
  for (let stuck = 0; !owner.ended() || owner.join.phase !== 'live'; stuck++) {
    if (owner.step(sides[choose(2)]!, false)) stuck = 0;
    if (stuck > 100) throw new Error(`both sides wait for ever: ${JSON.stringify(owner.join.readTo())} ${owner.join.phase}`);
  }
};

export interface World {
  readonly out: Set<string>;
  /** Every cut that was written, the newest last. */
  readonly written: JoinCut[];
  readonly owners: Owner[];
  /** How the next owner begins. */
  readonly begin: (cut: JoinCut) => Owner;
  readonly send?: (owner: Owner, output: Output) => void;
}

const send = ({ out, send: saw }: World, owner: Owner, count: number): void => {
  for (const { token, output } of owner.unsent.splice(0, count)) {
    out.add(token);
    saw?.(owner, output);
  }
};

/** Random steps: the newest owner reads, sends and writes cuts, and dies; those before it go on reading and sending for a while. */
export const live = (world: World, steps: number, choose: Choose): void => {
  const { written, owners, begin } = world;
  owners.push(begin(written.at(-1) ?? freshCut));
  for (let i = 0; i < steps; i++) {
    const newest = owners.at(-1)!;
    const owner = owners[Math.max(0, owners.length - 1 - (choose(4) === 0 ? choose(3) : 0))]!;
    const what = choose(24);
    if (what < 18) owner.step(sides[choose(2)]!, choose(6) === 0);
    else if (what < 20) send(world, owner, choose(4));
    else if (what < 22) {
      // Written only when everything that it covers has been sent; a zombie's is refused.
      send(world, newest, Infinity);
      if (newest.join.phase !== 'replaying') written.push(newest.join.cut());
    } else if (what === 22) {
      const stale = choose(3) === 0 ? written[choose(Math.max(1, written.length))] : written.at(-1);
      send(world, newest, choose(5));
      owners.push(begin(stale ?? freshCut));
    }
  }
  const last = owners.at(-1)!;
  finish(last, choose);
  for (const owner of owners) send(world, owner, owner === last ? Infinity : choose(3));
};
