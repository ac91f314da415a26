import { unreadable } from './contract.ts';
import type { Contract, QuarantineReason, Unreadable } from './contract.ts';
import { msOf } from './text.ts';

/** An event of a message, or why there is none. `index` is its place in the message. */
export type Reading<Event> =
  | {
      readonly ok: true;
      readonly index: number;
      readonly event: Event;
      /** Event time in ms since the epoch, UTC. */
      readonly at: number;
      /** The version that it was written under. */
      readonly version: number;
    }
  | (Unreadable & {
      readonly index: number;
      /** The bytes of the event, or of the whole message where it could not be taken apart. */
      readonly bytes: Uint8Array;
    });

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** What may be packed into one message: more is no batch of ours, and would be that many rows in quarantine. */
const mostPacked = 1000;

const fail = (reason: QuarantineReason, pointer: string, message: string): Unreadable =>
  unreadable(reason, [{ pointer, message }]);

const parseJson = (bytes: Uint8Array): { readonly ok: true; readonly value: unknown } | Unreadable => {
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes));
    return { ok: true, value };
  } catch (error) {
    return fail('malformed-json', '', error instanceof Error ? error.message : String(error));
  }
};

const field = (value: object, name: string): unknown => (Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined);

/**
 * Reads one event, already parsed from JSON, of any of `contracts` and any of their versions, as the newest. Never throws.
 */
export const readValue = <Events extends readonly unknown[]>(
  value: unknown,
  contracts: { readonly [K in keyof Events]: Contract<Events[K]> },
): { readonly ok: true; readonly event: Events[number]; readonly version: number } | Unreadable => {
  const known: readonly Contract<Events[number]>[] = contracts;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return fail('unknown-contract', '', 'expected a JSON object');
  const type = field(value, 'type');
  const flat = type === undefined && !Object.hasOwn(value, 'specversion');
  const contract = known.find((each) => (flat ? each.flat?.fits(value) : each.type === type));
  if (!contract) return fail('unknown-contract', '/type', `expected ${known.map((each) => each.type).join(' or ')}`);
  const schema = field(value, 'dataschema');
  const reader = flat ? contract.flat?.reader : typeof schema === 'string' ? contract.readers.get(schema) : undefined;
  if (!reader) return fail('unknown-version', '/dataschema', `expected ${[...contract.readers.keys()].join(' or ')}`);
  const parsed = reader.parse(value);
  return parsed.ok ? { ok: true, event: parsed.event, version: reader.version } : parsed;
};

/**
 * Reads the body of one message: a single event, or a JSON array of them, told apart by the bytes. Yields for each, in order, the
 * event in the newest version of its contract, standardised, or why there is none. One bad element does not touch the others, and
 * an empty array, or one of more than a thousand, counts as one bad event, for nothing that enters may vanish. Never throws.
 */
export const readMessage = <Events extends readonly (object & { readonly time: string })[]>(
  bytes: Uint8Array,
  contracts: { readonly [K in keyof Events]: Contract<Events[K]> },
): Reading<Events[number]>[] => {
  const parsed = parseJson(bytes);
  if (!parsed.ok) return [{ ...parsed, index: 0, bytes }];
  const { value } = parsed;
  const packed = Array.isArray(value);
  const values: readonly unknown[] = packed ? value : [value];
  if (values.length > mostPacked) {
    const message = `the array has ${values.length} elements, expected at most ${mostPacked}`;
    return [{ ...fail('invalid', '', message), index: 0, bytes }];
  }
  if (values.length === 0) return [{ ...fail('invalid', '', 'the array is empty'), index: 0, bytes }];
  return values.map((each, index) => {
    const reading = readValue<Events>(each, contracts);
    if (reading.ok) {
      const { event, version } = reading;
      return { ok: true, index, event, at: msOf(event.time), version };
    }
    return { ...reading, index, bytes: packed ? Buffer.from(JSON.stringify(each)) : bytes };
  });
};

/**
 * The bytes of one event of a message: the body itself where that is a single event, else the JSON of its element. Of a body that
 * `readMessage` has read, at an index that it has given.
 */
export const bytesOfEvent = (body: Uint8Array, index: number): Uint8Array => {
  const parsed = parseJson(body);
  return parsed.ok && Array.isArray(parsed.value) ? Buffer.from(JSON.stringify(parsed.value[index])) : body;
};
