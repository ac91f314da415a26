import { z } from 'zod';
import { dataschema } from './contract.ts';
import { derivedId, identifier, instant, verbatim } from './text.ts';

/** What every AMQP message that carries one event says of its body. */
export const eventContentType = 'application/cloudevents+json';
/** The same for a JSON array of events that belong to one partition: a convention of ours over AMQP. */
export const batchContentType = 'application/cloudevents-batch+json';

/** The extension attributes that we know, at the top level of every event. */
export const extensions = {
  traceparent: verbatim(0, 64).describe('W3C trace context of the work that made the event').exactOptional(),
  runid: identifier.describe('The run of a producer that made this synthetic event').exactOptional(),
  scenario: identifier
    .describe('`<profile>:<seed>` of the synthetic world of the event; `none` asks payment-producer to leave the booking alone')
    .exactOptional(),
};

interface Extensions {
  traceparent?: string;
  runid?: string;
  scenario?: string;
}

/** Gives an event the extension attributes of the one it was made of; returns it. */
export const withExtensions = <Event extends Extensions>(event: Event, { traceparent, runid, scenario }: Extensions): Event => {
  if (traceparent !== undefined) event.traceparent = traceparent;
  if (runid !== undefined) event.runid = runid;
  if (scenario !== undefined) event.scenario = scenario;
  return event;
};

/**
 * A CloudEvents 1.0 event in JSON structured mode, under one version of one contract. Extension attributes other than ours are
 * allowed, as CloudEvents demands of a reader, and are not kept.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
export const cloudEvent = <const Type extends string, Data extends z.ZodType>(type: Type, version: number, data: Data) =>
  z.object({
    specversion: z.literal('1.0').describe('Version of CloudEvents'),
    id: identifier.describe('Unique within `source`: two events with the same `source` and `id` are the same event'),
    source: identifier.describe('The system in which it happened'),
    type: z.literal(type).describe('The contract'),
    subject: identifier.describe('The booking; the partition key, too'),
    time: instant.describe('Event time, UTC: when it happened, by the clock of `source`'),
    datacontenttype: z.literal('application/json').describe('Of `data`').exactOptional(),
    dataschema: z.literal(dataschema(type, version)).describe('The contract and its version'),
    ...extensions,
    data,
  });

/** A CloudEvent that Box Office itself makes of others: its id, and where it is about a place its subject, are made of theirs. */
export const derivedEvent = <const Type extends string, Data extends z.ZodType>(type: Type, version: number, data: Data) =>
  cloudEvent(type, version, data).extend({
    id: derivedId.describe('Made of the ids or the position of its inputs, so a repetition is recognised'),
    subject: derivedId.describe('The booking, or the place that it is about'),
  });
