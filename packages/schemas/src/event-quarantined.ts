import { z } from 'zod';
import { derivedEvent } from './cloud-event.ts';
import { dataschema, defineContract, firstVersion } from './contract.ts';
import { origin, positionId } from './origin.ts';
import { leaf } from './standard.ts';
import { verbatim } from './text.ts';
import type { Origin } from './origin.ts';
import { quarantineReasons } from './contract.ts';
import type { QuarantineReason } from './contract.ts';

const type = 'event.quarantined';

/**
 * Event Hubs takes messages of up to 1 MiB, and base64 adds a third: of a longer original the first part is kept here, its
 * length beside it, and the whole stays in the hub at its position.
 */
const keptBytes = 700_000;

const eventQuarantinedV1 = derivedEvent(
  type,
  1,
  z.strictObject({
    origin: origin.describe('Where it stood'),
    reason: z.enum(quarantineReasons).describe('Kind of fault'),
    detail: verbatim(0, 4000).describe('Which fields, and what was expected'),
    bodyBase64: leaf(z.base64(), () => false).describe('The original bytes'),
    bodyBytes: z.int().min(0).describe('Length of the original in bytes; more than `bodyBase64` holds where that was cut'),
  }),
);

/** An event that could not be read, with its bytes, its place and the reason. */
export type EventQuarantined = z.infer<typeof eventQuarantinedV1>;

/** The quarantine event for what stood at `position`. Its time is when the hub took the original in, so a replay makes the same. */
export const quarantinedEvent = (
  position: Origin,
  failure: { readonly reason: QuarantineReason; readonly detail: string; readonly bytes: Uint8Array },
): EventQuarantined => ({
  specversion: '1.0',
  id: `quarantined:${positionId(position)}`,
  source: 'boxoffice/joiner',
  type,
  subject: `${position.hub}/${position.partition}`,
  time: position.enqueuedAt,
  dataschema: dataschema(type, 1),
  data: {
    origin: position,
    reason: failure.reason,
    detail: failure.detail.slice(0, 4000),
    bodyBase64: Buffer.from(failure.bytes.subarray(0, keptBytes)).toString('base64'),
    bodyBytes: failure.bytes.byteLength,
  },
});

/** `event.quarantined`: what could not be read, with its reason. */
export const eventQuarantined = defineContract({
  type,
  summary: 'What could not be read, with its bytes, place and reason',
  versions: firstVersion(eventQuarantinedV1),
});
