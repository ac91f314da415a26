import { z } from 'zod';
import { dataschema } from './contract.ts';
import { derivedId, identifier, instant, verbatim } from './text.ts';

/** What every AMQP message that carries one event says of its body. */
export const eventContentType = 'application/cloudevents+json';
/** The same for a JSON array of events that belong to one partition: a convention of ours over AMQP. */
export const batchContentType = 'application/cloudevents-batch+json';

/** The extension attributes that we know, at the top level of every event. */
export const extensions = {
  /** W3C trace context of the work that made the event. */
  traceparent: verbatim(0, 64).exactOptional(),
  /** The run of a producer that made this synthetic event. */
  runid: identifier.exactOptional(),
  /** `<profile>:<seed>` of the synthetic world that the event comes from; `none` asks payment-producer to leave it alone. */
  scenario: identifier.exactOptional(),
};

/**
 * A CloudEvents 1.0 event in JSON structured mode, under one version of one contract. Extension attributes other than ours are
 * allowed, as CloudEvents demands of a reader, and are not kept.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
export const cloudEvent = <const Type extends string, Data extends z.ZodType>(type: Type, version: number, data: Data) =>
  z.object({
    specversion: z.literal('1.0'),
    /** Unique within `source`; two events with the same `source` and `id` are the same event. */
    id: identifier,
    source: identifier,
    type: z.literal(type),
    /** The booking's id for bookings, payments and what the joiner makes of them; it is the partition key, too. */
    subject: identifier,
    /** Event time: when it happened, by the clock of the system in which it happened. */
    time: instant,
    datacontenttype: z.literal('application/json').exactOptional(),
    dataschema: z.literal(dataschema(type, version)),
    ...extensions,
    data,
  });

/** A CloudEvent that Box Office itself makes of others: its id, and where it is about a place its subject, are made of theirs. */
export const derivedEvent = <const Type extends string, Data extends z.ZodType>(type: Type, version: number, data: Data) =>
  cloudEvent(type, version, data).extend({ id: derivedId, subject: derivedId });
