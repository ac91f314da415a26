import type { Spoil } from './fates.ts';
import type { QuarantineReason } from '@boxoffice/schemas';

/** Why what is spoiled like this is quarantined. */
export const reasonOf: Readonly<Record<Spoil, QuarantineReason>> = {
  malformed: 'malformed-json',
  unknownVersion: 'unknown-version',
  clockAhead: 'clock-skew',
  inconsistent: 'inconsistent',
};

/** An event as much of it as spoiling looks at. */
interface Spoilable {
  readonly type: string;
  readonly time: string;
  readonly data: object;
}

const fiftyYearsMs = 50 * 365.25 * 86_400_000;
const yearsAhead = (instant: string): string => new Date(Date.parse(instant) + fiftyYearsMs).toISOString();

/** JSON that ends in the middle, in a byte that is no UTF-8. */
const cutOff = (event: object): Uint8Array => {
  const bytes = Buffer.from(JSON.stringify(event));
  return Buffer.concat([bytes.subarray(0, Math.floor(bytes.byteLength * 0.7)), Buffer.of(0xff)]);
};

/** An event as it is sent when it is spoiled; `contradict` makes data of it that contradicts itself. */
export const spoilEvent = <Event extends Spoilable>(
  event: Event,
  spoil: Spoil,
  contradict: (data: Event['data']) => object,
): object | Uint8Array => {
  switch (spoil) {
    case 'malformed':
      return cutOff(event);
    case 'unknownVersion':
      return { ...event, dataschema: `urn:boxoffice:${event.type}:99` };
    case 'clockAhead': {
      const { data } = event;
      const hold = 'holdExpiresAt' in data && { holdExpiresAt: yearsAhead(String(data.holdExpiresAt)) };
      return { ...event, time: yearsAhead(event.time), data: { ...data, ...hold } };
    }
    case 'inconsistent':
      return { ...event, data: contradict(event.data) };
    default:
      return spoil satisfies never;
  }
};
