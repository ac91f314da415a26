import { z } from 'zod';
import { instant, verbatim } from './text.ts';

/** Where an event stands in its hub's log, and when the hub took it in. An event's position is (partition, sequence number, index). */
export const origin = z.strictObject({
  hub: verbatim(1, 260),
  partition: z.int().min(0),
  sequenceNumber: z.int().min(0),
  /** Its place in a message that packs several events; 0 in a message of one. */
  index: z.int().min(0),
  enqueuedAt: instant,
});

/** @see origin */
export type Origin = z.infer<typeof origin>;

/** `<hub>:<partition>:<sequence number>:<index>`, the part of an id that names a position. */
export const positionId = ({ hub, partition, sequenceNumber, index }: Origin): string =>
  `${encodeURIComponent(hub)}:${partition}:${sequenceNumber}:${index}`;
