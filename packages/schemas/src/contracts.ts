import { bookingPaymentJoined } from './booking-payment-joined.ts';
import { bookingPlaced } from './booking-placed.ts';
import type { Contract } from './contract.ts';
import { eventQuarantined } from './event-quarantined.ts';
import { joinProgress } from './join-progress.ts';
import { paymentProcessed } from './payment-processed.ts';
import { streamTick } from './stream-tick.ts';

/** Every contract. */
export const contracts: readonly Contract<unknown>[] = [
  bookingPlaced,
  paymentProcessed,
  bookingPaymentJoined,
  joinProgress,
  streamTick,
  eventQuarantined,
];

/** The hubs, and the contracts that travel on each. */
export const hubs = {
  bookings: [bookingPlaced, streamTick],
  payments: [paymentProcessed, streamTick],
  joined: [bookingPaymentJoined, joinProgress],
  quarantine: [eventQuarantined],
} as const satisfies Record<string, readonly Contract<unknown>[]>;

/** A hub of the pipeline, by its default name. */
export type HubName = keyof typeof hubs;

/** Their names. */
export const hubNames = ['bookings', 'payments', 'joined', 'quarantine'] as const satisfies readonly HubName[];
