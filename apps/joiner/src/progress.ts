import { progressEvent } from '@boxoffice/schemas';
import type { JoinProgress } from '@boxoffice/schemas';
import type { PairCheckpoint } from './checkpoint.ts';
import { ofEach } from './inputs.ts';
import type { PairStatus } from './pair.ts';

/** A moment at which everything before it has been taken, and nothing after. */
export interface Cut {
  readonly checkpoint: PairCheckpoint;
  readonly watermarks: PairStatus['watermarks'];
  readonly waitingPayments: number;
}

const instant = (ms: number | null): string | null => (ms === null || !Number.isFinite(ms) ? null : new Date(ms).toISOString());

/** What the joined hub is told of a cut once everything before it has been acknowledged. */
export const progressOf = (partition: number, { checkpoint, watermarks, waitingPayments }: Cut): JoinProgress => {
  const { generation, epoch, readTo, closedTo, ledger, outputs, probe } = checkpoint;
  const inputs = ofEach((input) => ({
    readTo: readTo[input] < 0 ? null : readTo[input],
    watermark: instant(watermarks[input]),
  }));
  const at = Math.max(probe.bookings?.enqueuedAt ?? 0, probe.payments?.enqueuedAt ?? 0);
  return progressEvent(at, {
    partition,
    generation,
    epoch,
    watermark: instant(closedTo),
    inputs,
    ledger,
    outputs,
    waitingPayments,
  });
};
