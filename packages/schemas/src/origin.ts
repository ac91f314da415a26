import { z } from 'zod';
import { instant, verbatim } from './text.ts';

/** Where an event stands in its hub's log, and when the hub took it in. An event's position is (partition, sequence number, index). */
export const origin = z.strictObject({
  hub: verbatim(1, 260).describe('The hub'),
  partition: z.int().min(0).describe('The partition, from 0'),
  sequenceNumber: z.int().min(0).describe('Of the message, by the broker'),
  index: z.int().min(0).describe('Place in a message that packs several events; 0 in a message of one'),
  enqueuedAt: instant.describe('When the hub took it in, UTC, by the broker'),
});

/** @see origin */
export type Origin = z.infer<typeof origin>;

/** `<hub>:<partition>:<sequence number>:<index>`, the part of an id that names a position. */
export const positionId = ({ hub, partition, sequenceNumber, index }: Origin): string =>
  `${encodeURIComponent(hub)}:${partition}:${sequenceNumber}:${index}`;
