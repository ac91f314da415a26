import type { PartitionState } from '@boxoffice/hubs';
import type { PairCheckpoint } from './checkpoint.ts';
import { inputs, ofEach } from './inputs.ts';
import type { Input } from './inputs.ts';

/** Why a pair does not go on by itself. */
export interface Refusal {
  readonly input: Input;
  /** `lost`: retention deleted what had not been read. `wiped`: the hub is not the one that was read. */
  readonly kind: 'lost' | 'wiped';
  /** What happened and what follows, for people. */
  readonly message: string;
}

/** What of the past a pair finds gone that it would have liked to read again. */
export interface Shortened {
  readonly input: Input;
  readonly from: number;
  readonly to: number;
}

/** Whether a pair can begin, and where what it wants to read again is gone. */
export type Beginning =
  | { readonly go: true; readonly shortened: readonly Shortened[] }
  | { readonly go: false; readonly refusal: Refusal };

/** The oldest sequence number that a partition has, or would give to the next message. */
export const firstOf = ({ beginSequenceNumber, lastSequenceNumber, isEmpty }: PartitionState): number =>
  isEmpty ? lastSequenceNumber + 1 : Math.max(0, beginSequenceNumber);

const remedy = 'Nothing is read until somebody decides: POST /v1/partitions/{partition}/accept-loss goes on with what is there';

/** What to say of a hub that is not the one whose positions are remembered. */
export const wiped = (input: Input, found: string): Refusal => ({
  input,
  kind: 'wiped',
  message:
    `the ${input} hub is not the one that this pair has read: ${found}. It was deleted and created anew, or its data was wiped, while the checkpoints were kept. ` +
    `${remedy} from its beginning, and the warehouse keeps what it has; to start over, stop everything and empty checkpoints and warehouse, too (npm start -- --fresh).`,
});

/** The hub is not the one that was read. */
export class WipedHubError extends Error {
  override readonly name = 'WipedHubError';
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** Looks at what both partitions hold, before anything is read; what is known has been read once, and is there to be read again. */
export const beginningOf = (
  { knownTo, replayFrom }: Pick<PairCheckpoint, 'knownTo' | 'replayFrom'>,
  held: Readonly<Record<Input, PartitionState>>,
): Beginning => {
  const shortened: Shortened[] = [];
  for (const input of inputs) {
    const first = firstOf(held[input]);
    const last = held[input].lastSequenceNumber;
    if (last < knownTo[input])
      return { go: false, refusal: wiped(input, `it ends at sequence number ${last}, and was read to ${knownTo[input]}`) };
    if (first > knownTo[input] + 1) {
      const lost = first - knownTo[input] - 1;
      const message =
        `retention has deleted ${lost} ${input} messages before they were read: this pair has read to sequence number ${knownTo[input]}, and the hub begins at ${first}. ` +
        `${remedy}, and counts the ${lost} as lost. Retention that is longer than the longest outage keeps this from happening.`;
      return { go: false, refusal: { input, kind: 'lost', message } };
    }
    if (first > replayFrom[input]) shortened.push({ input, from: replayFrom[input], to: first - 1 });
  }
  return { go: true, shortened };
};

/** Goes on after a refusal: the input begins at what is there, and what was never read counts as lost. */
export const acceptLoss = (
  found: PairCheckpoint,
  { input, kind }: Pick<Refusal, 'input' | 'kind'>,
  held: PartitionState,
): PairCheckpoint => {
  const first = firstOf(held);
  const lost = kind === 'lost' ? Math.max(0, first - found.knownTo[input] - 1) : 0;
  const at = <T>(before: Readonly<Record<Input, T>>, value: T) => ({ ...before, [input]: value });
  return {
    ...found,
    readTo: at(found.readTo, first - 1),
    replayFrom: at(found.replayFrom, first),
    knownTo: at(found.knownTo, kind === 'lost' ? Math.max(found.knownTo[input], first - 1) : first - 1),
    probe: at<PairCheckpoint['probe'][Input]>(found.probe, null),
    epoch: kind === 'wiped' ? found.epoch + 1 : found.epoch,
    lostBefore: at<number | null>(found.lostBefore, first),
    ledger: { ...found.ledger, lost: found.ledger.lost + lost },
  };
};

/**
 * A pair of whose past a part is gone: it begins at what is there, and nobody can say of what has no partner now that it never had
 * one, as far as the newest event that was read.
 */
export const shorten = (found: PairCheckpoint, shortened: readonly Shortened[]): PairCheckpoint => {
  const next = {
    ...found,
    readTo: { ...found.readTo },
    replayFrom: { ...found.replayFrom },
    lostTo: { ...found.lostTo },
  };
  for (const { input, to } of shortened) {
    next.replayFrom[input] = to + 1;
    next.readTo[input] = Math.max(found.readTo[input], to);
    // Ticks can take the watermark beyond the newest event; a checkpoint of an older build does not know that one.
    const upTo = Math.max(found.newest[input] ?? Number.MAX_SAFE_INTEGER, found.closedTo ?? 0);
    next.lostTo[input] = Math.max(found.lostTo[input] ?? 0, upTo);
  }
  return next;
};

/** A pair that nobody has joined before begins at what is there; of what the hub held before, nobody can say anything. */
export const atOldest = (fresh: PairCheckpoint, held: Readonly<Record<Input, PartitionState>>): PairCheckpoint => {
  const firsts = ofEach((input) => firstOf(held[input]));
  const before = ofEach((input) => firsts[input] - 1);
  return {
    ...fresh,
    readTo: before,
    replayFrom: firsts,
    knownTo: before,
    lostBefore: ofEach((input) => (firsts[input] > 0 ? firsts[input] : null)),
  };
};
