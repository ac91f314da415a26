import type { JoinInput, JoinOutput, JoinSettings, Side, Sides } from './join-event.ts';

/*
 * For tests: what the join is held against. Says what comes of two whole logs as a direct function of them, with none of the
 * operator's code: no state, no eviction, no interleaving.
 */

/** An event of a test, as the value that the join carries. */
export interface Item {
  readonly side: Side;
  readonly key: string;
  readonly id: string;
  readonly at: number;
  readonly content: string;
  readonly passes: boolean;
}

export type Input = JoinInput<Item, Item>;
export type Output = JoinOutput<Item, Item>;

/** What a log holds at one position. */
export interface Entry {
  readonly position: number;
  readonly inputs: readonly Input[];
}

export type Logs = Sides<readonly Entry[]>;

export const sides = ['left', 'right'] as const;

/** Two contents are the same if they say the same. */
export const same = { left: (a: Item, b: Item) => a.content === b.content, right: (a: Item, b: Item) => a.content === b.content };

export const nameOf = ({ id, at, content }: Item): string => `${id}@${at}${content}`;

/** An output by what tells it from all others; what is said of an event itself is told apart by its place. */
export const tokenOf = (output: Output, place: string): string => {
  switch (output.kind) {
    case 'entered':
    case 'duplicate':
      return `${output.kind} ${place}`;
    case 'late':
      return `late by ${output.lateByMs} ${place}`;
    case 'matched':
      return `${nameOf(output.left)}+${nameOf(output.right)}`;
    case 'left-unmatched':
      return `${nameOf(output.left)} alone at ${output.closedAt}`;
    case 'right-unmatched':
      return `${nameOf(output.right)} alone at ${output.closedAt}`;
    case 'left-undecided':
      return `${nameOf(output.left)} undecided at ${output.closedAt}`;
    case 'right-undecided':
      return `${nameOf(output.right)} undecided at ${output.closedAt}`;
    default:
      return output satisfies never;
  }
};

export const matches = (left: Item, right: Item, { beforeMs, afterMs }: JoinSettings): boolean =>
  left.key === right.key && left.at - beforeMs <= right.at && right.at <= left.at + afterMs;

/** When it is closed: a joined watermark above this finds it gone. */
export const closeOf = ({ side, at }: Item, { beforeMs, afterMs }: JoinSettings): number =>
  at + (side === 'left' ? afterMs : beforeMs);

/** One log by itself: what it says of each event, the distinct ones that are on time, and how far it has come. */
export const readLog = (log: readonly Entry[], { boundMs }: JoinSettings) => {
  const fates: string[] = [];
  const onTime = new Map<string, Item>();
  let watermark = -Infinity;
  for (const { position, inputs } of log)
    for (const [index, input] of inputs.entries()) {
      if ('tick' in input) {
        watermark = Math.max(watermark, input.tick);
        continue;
      }
      const place = `${input.side} ${position}/${index}`;
      const name = nameOf(input.value);
      if (input.at < watermark) fates.push(`late by ${watermark - input.at} ${place}`);
      else if (onTime.has(name)) fates.push(`duplicate ${place}`);
      else {
        fates.push(`entered ${place}`);
        onTime.set(name, input.value);
      }
      watermark = Math.max(watermark, input.at - boundMs);
    }
  return { fates, onTime: [...onTime.values()], watermark };
};

/** The set of everything that comes of two logs: facts, which hold for ever, and notices of what was found alone. */
export const joinDirectly = (logs: Logs, settings: JoinSettings) => {
  const left = readLog(logs.left, settings);
  const right = readLog(logs.right, settings);
  const end = Math.min(left.watermark, right.watermark);
  const waiting = { left: left.onTime, right: right.onTime.filter(({ passes }) => !passes) };
  const pairs = waiting.left.flatMap((b) => waiting.right.filter((p) => matches(b, p, settings)).map((p) => [b, p] as const));
  const paired = new Set(pairs.flat());
  const alone = [...waiting.left, ...waiting.right].filter((item) => !paired.has(item));
  const notices = alone.filter((item) => closeOf(item, settings) < end);
  return {
    facts: new Set([...left.fates, ...right.fates, ...pairs.map(([b, p]) => `${nameOf(b)}+${nameOf(p)}`)]),
    notices: new Set(notices.map((item) => `${nameOf(item)} alone at ${closeOf(item, settings)}`)),
    waiting,
    paired,
  };
};
