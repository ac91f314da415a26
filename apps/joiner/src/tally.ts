import type { PairCheckpoint } from './checkpoint.ts';
import type { Joined } from './joined-events.ts';

/** What a pair has counted. */
export interface Tally {
  readonly ledger: PairCheckpoint['ledger'];
  readonly outputs: PairCheckpoint['outputs'];
}

/** Goes on counting where a checkpoint stands. */
export const tallyFrom = ({ ledger, outputs }: Tally): Tally => ({ ledger: { ...ledger }, outputs: { ...outputs } });

/** Counts an event by what became of it; `onTime` is where one goes that is neither late nor a repetition. */
export const countEvent = ({ ledger }: Tally, fate: Joined | undefined, onTime: 'opened' | 'payments' | 'refunds'): void => {
  ledger.received++;
  if (fate?.kind === 'late') ledger.late++;
  else if (fate?.kind === 'duplicate') ledger.duplicate++;
  else ledger[onTime]++;
};

/** Counts an event that goes to quarantine. */
export const countQuarantined = ({ ledger }: Tally): void => {
  ledger.received++;
  ledger.quarantined++;
};

/** Counts pairs, and what closed without one. A payment that nobody can decide leaves as a late one, and counts as that. */
export const countPairing = ({ ledger, outputs }: Tally, { kind }: Joined): void => {
  if (kind === 'matched') outputs.matched++;
  else if (kind === 'left-unmatched') outputs.bookingUnmatched++;
  else if (kind === 'right-unmatched') outputs.paymentUnmatched++;
  else if (kind === 'right-undecided') {
    ledger.payments--;
    ledger.late++;
  }
};
