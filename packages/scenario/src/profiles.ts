import type { Outcome } from './paying.ts';

/** What can go wrong on the way, each the share of events (0 to 1) to which it happens. */
export interface FaultRates {
  /** Sent again within a minute, under the same id. */
  readonly duplicates: number;
  /** Sent again 25 to 45 minutes later. */
  readonly redelivered: number;
  /** Sent up to 4 minutes after it happened: out of order, and within the joiner's default bound. */
  readonly outOfOrder: number;
  /** Sent 10 to 40 minutes after it happened: beyond that bound. */
  readonly late: number;
  /** Cut off, with a byte that is no UTF-8. */
  readonly malformed: number;
  /** Of a version that nobody knows. */
  readonly unknownVersion: number;
  /** Fifty years ahead of every clock. */
  readonly clockAhead: number;
  /** With a total that is not that of its items, or a reason for a decline that was none. */
  readonly inconsistent: number;
  /** Bookings of a show that is not in the catalogue. */
  readonly unknownShow: number;
  /** Bookings beside which somebody pays for a booking that never comes. */
  readonly orphans: number;
}

/** How bookings are written: the weights of the versions of their contract. */
export type VersionMix = Readonly<Partial<Record<'1' | '2' | '3', number>>>;

/** How a world behaves where a run does not say otherwise. */
export interface Profile {
  readonly summary: string;
  /** What becomes of bookings, by weight. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** The share of those who pay that are declined first. */
  readonly retries: number;
  readonly faults: FaultRates;
  readonly versions: VersionMix;
  /** Whether shows go on sale in bursts: at 10:00 UTC each day, and when a live run starts. */
  readonly bursts: boolean;
}

const noFaults: FaultRates = {
  duplicates: 0,
  redelivered: 0,
  outOfOrder: 0,
  late: 0,
  malformed: 0,
  unknownVersion: 0,
  clockAhead: 0,
  inconsistent: 0,
  unknownShow: 0,
  orphans: 0,
};

/** The named profiles. */
export const profiles = {
  calm: {
    summary: 'Everybody pays in time or is declined, and everything arrives once and in order',
    outcomes: {
      captured: 98,
      declined: 2,
      'captured-late': 0,
      refunded: 0,
      'partially-refunded': 0,
      overpaid: 0,
      abandoned: 0,
    },
    retries: 1 / 50,
    faults: noFaults,
    versions: { 3: 1 },
    bursts: false,
  },
  everyday: {
    summary: 'An ordinary day: some pay late, not at all or twice, some get their money back, and producers retry',
    outcomes: {
      captured: 89.7,
      declined: 3,
      'captured-late': 2,
      refunded: 1,
      'partially-refunded': 1,
      overpaid: 0.3,
      abandoned: 3,
    },
    retries: 1 / 12,
    faults: { ...noFaults, duplicates: 0.01, outOfOrder: 0.05 },
    versions: { 3: 1 },
    bursts: false,
  },
  'on-sale': {
    summary: 'Shows go on sale and are stormed: more declines, retries, holds that run out, and repetitions',
    outcomes: {
      captured: 80,
      declined: 6,
      'captured-late': 4,
      refunded: 1,
      'partially-refunded': 1,
      overpaid: 0.5,
      abandoned: 7.5,
    },
    retries: 1 / 5,
    faults: { ...noFaults, duplicates: 0.03, redelivered: 0.002, outOfOrder: 0.1 },
    versions: { 3: 1 },
    bursts: true,
  },
  'all-faults': {
    summary: 'Whatever can go wrong does, and old shops still write old versions',
    outcomes: {
      captured: 70,
      declined: 6,
      'captured-late': 6,
      refunded: 4,
      'partially-refunded': 4,
      overpaid: 4,
      abandoned: 6,
    },
    retries: 1 / 6,
    faults: {
      duplicates: 0.02,
      redelivered: 0.01,
      outOfOrder: 0.1,
      late: 0.01,
      malformed: 0.005,
      unknownVersion: 0.005,
      clockAhead: 0.005,
      inconsistent: 0.005,
      unknownShow: 0.01,
      orphans: 0.01,
    },
    versions: { 1: 0.2, 2: 0.3, 3: 0.5 },
    bursts: true,
  },
} as const satisfies Record<string, Profile>;

/** @see profiles */
export type ProfileName = keyof typeof profiles;

/** Their names, from the calmest to the worst. */
export const profileNames = ['calm', 'everyday', 'on-sale', 'all-faults'] as const satisfies readonly ProfileName[];
