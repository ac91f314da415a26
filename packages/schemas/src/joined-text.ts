import { outputId, source, type } from './booking-payment-joined.ts';
import type { Show } from './booking-payment-joined.ts';
import type { BookingPlaced } from './booking-placed.ts';
import { dataschema } from './contract.ts';
import type { Origin } from './origin.ts';
import type { PaymentProcessed } from './payment-processed.ts';

/**
 * An input event as joined events carry it: written as JSON once, when it is read, and held as that text while it waits for a
 * partner. A booking is in two joined events and more, and writing it is most of what one costs; as text it is a third of the
 * size of the object, too.
 */
export interface Carried {
  /** The booking. */
  readonly subject: string;
  /** Of the event. */
  readonly id: string;
  /** Event time, UTC. */
  readonly time: string;
  /** The event as JSON, and nothing else: equal texts are equal contents. */
  readonly event: string;
  /** Where it stood, as JSON. */
  readonly origin: Origin;
  /** The extension attributes that what is made of it inherits, as members of a JSON object, each with a comma before it. */
  readonly extensions: string;
}

/** What is said of carried events, as `joinedEvent` has it of the events themselves. */
export type CarriedJoined =
  | { readonly kind: 'booking-opened'; readonly booking: Carried; readonly show: Show | null }
  | { readonly kind: 'matched'; readonly booking: Carried; readonly payment: Carried; readonly show: Show | null }
  | { readonly kind: 'booking-unmatched'; readonly booking: Carried; readonly closedAt: number }
  | { readonly kind: 'payment-unmatched'; readonly payment: Carried; readonly closedAt: number }
  | { readonly kind: 'refund-recorded'; readonly payment: Carried }
  | {
      readonly kind: 'late';
      readonly side: 'booking';
      readonly booking: Carried;
      readonly lateByMs: number;
      readonly show: Show | null;
    }
  | { readonly kind: 'late'; readonly side: 'payment'; readonly payment: Carried; readonly lateByMs: number };

const quoted = (value: string): string => JSON.stringify(value);
const instant = (ms: number): string => new Date(ms).toISOString();

const members = (name: string, value: string | undefined): string => (value === undefined ? '' : `,"${name}":${quoted(value)}`);

let last: { readonly runid: string | undefined; readonly scenario: string | undefined; readonly text: string } | undefined;
/** The events of a run follow each other, and share this text. */
const runMembers = (runid: string | undefined, scenario: string | undefined): string => {
  if (last === undefined || last.runid !== runid || last.scenario !== scenario)
    last = { runid, scenario, text: members('runid', runid) + members('scenario', scenario) };
  return last.text;
};

/** @see Carried */
export const carry = (event: BookingPlaced | PaymentProcessed, origin: Origin): Carried => ({
  subject: event.subject,
  id: event.id,
  time: event.time,
  event: compact(JSON.stringify(event)),
  origin,
  extensions: members('traceparent', event.traceparent) + runMembers(event.runid, event.scenario),
});

const beyondLatin1 = /[\u0100-\uffff]/;
const beyondAscii = /[\u0080-\uffff]/g;

/**
 * JSON as V8 keeps it at a byte a character. One letter beyond Latin-1 makes it two bytes in every text that it becomes a part of, and
 * of fifty events in a message one has such a letter: writing them took half as long again. What was replaced would still be kept at
 * two bytes; what is read from bytes is not.
 */
const compact = (json: string): string => {
  // Of a text that is kept at a byte a character this is known without looking.
  if (!beyondLatin1.test(json)) return json;
  const ascii = json.replaceAll(beyondAscii, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return Buffer.from(ascii, 'latin1').toString('latin1');
};

const shows = new WeakMap<Show, string>();
const showText = (show: Show | null): string => {
  if (show === null) return 'null';
  const known = shows.get(show);
  if (known !== undefined) return known;
  const text = compact(JSON.stringify(show));
  shows.set(show, text);
  return text;
};

const sourced = ({ event, origin: { hub, partition, sequenceNumber, index, enqueuedAt } }: Carried): string =>
  `{"event":${event},"origin":{"hub":${quoted(hub)},"partition":${partition},"sequenceNumber":${sequenceNumber},"index":${index},"enqueuedAt":"${enqueuedAt}"}}`;

const dataText = (data: CarriedJoined): string => {
  switch (data.kind) {
    case 'booking-opened':
      return `{"kind":"booking-opened","booking":${sourced(data.booking)},"show":${showText(data.show)}}`;
    case 'matched':
      return `{"kind":"matched","booking":${sourced(data.booking)},"payment":${sourced(data.payment)},"show":${showText(data.show)}}`;
    case 'booking-unmatched':
      return `{"kind":"booking-unmatched","closedAt":"${instant(data.closedAt)}"}`;
    case 'payment-unmatched':
      return `{"kind":"payment-unmatched","payment":${sourced(data.payment)},"closedAt":"${instant(data.closedAt)}"}`;
    case 'refund-recorded':
      return `{"kind":"refund-recorded","payment":${sourced(data.payment)}}`;
    case 'late':
      return data.side === 'booking'
        ? `{"kind":"late","side":"booking","booking":${sourced(data.booking)},"lateByMs":${data.lateByMs},"show":${showText(data.show)}}`
        : `{"kind":"late","side":"payment","payment":${sourced(data.payment)},"lateByMs":${data.lateByMs}}`;
    default:
      return data satisfies never;
  }
};

const principal = (data: CarriedJoined): Carried => ('booking' in data ? data.booking : data.payment);

/** When it happened: the later of the two of a pair, and the closing of what has none. Instants in UTC sort as text. */
const timeOf = (data: CarriedJoined): string => {
  if ('closedAt' in data) return instant(data.closedAt);
  const { time } = principal(data);
  return data.kind === 'matched' && data.payment.time > time ? data.payment.time : time;
};

/**
 * The joined event that says `data`, as JSON: the one that `JSON.stringify(joinedEvent(…))` gives, but for how letters are escaped, without
 * taking the input events apart again.
 */
export const joinedText = (data: CarriedJoined): string => {
  const { subject, extensions } = principal(data);
  const payment = 'payment' in data ? data.payment.id : '';
  const id = outputId(subject, data.kind, payment, principal(data).origin);
  return `{"specversion":"1.0","id":${quoted(id)},"source":"${source}","type":"${type}","subject":${quoted(subject)},"time":"${timeOf(data)}","dataschema":"${dataschema(type, 1)}"${extensions},"data":${dataText(data)}}`;
};
