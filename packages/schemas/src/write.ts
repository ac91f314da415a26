import { batchContentType, eventContentType } from './cloud-event.ts';

/** A message body with the content type that says what it is. */
export interface MessageBody {
  readonly body: Uint8Array;
  readonly contentType: string;
}

/** One event as the body of one message; a document of the legacy shop has no envelope, and is plain JSON. */
export const writeEvent = (event: object): MessageBody => ({
  body: Buffer.from(JSON.stringify(event)),
  contentType: 'specversion' in event ? eventContentType : 'application/json',
});

/** How much goes into one message. */
interface PackLimits {
  /** 1: each message holds a single event, unpacked. */
  readonly maxEvents: number;
  readonly maxUnits?: number;
}

/**
 * Events of one partition, in order and written as JSON already, as the bodies of as few messages as `maxEvents` and `maxUnits`
 * (of UTF-16: a byte each as a rule, and three at most) allow. An event that is longer travels alone.
 */
export const packTexts = (events: readonly string[], { maxEvents, maxUnits = 256 * 1024 }: PackLimits): MessageBody[] => {
  if (maxEvents === 1) return events.map((event) => ({ body: Buffer.from(event), contentType: eventContentType }));
  const messages: MessageBody[] = [];
  let from = 0;
  let units = 0;
  const close = (to: number): void => {
    messages.push({ body: Buffer.from(`[${events.slice(from, to).join(',')}]`), contentType: batchContentType });
    from = to;
    units = 0;
  };
  for (const [index, { length }] of events.entries()) {
    if (index > from && (index - from >= maxEvents || units + length > maxUnits)) close(index);
    units += length + 1;
  }
  if (from < events.length) close(events.length);
  return messages;
};

/** As `packTexts`, of events; with a `maxEvents` of 1 a document of the legacy shop travels as what it is. */
export const packEvents = (events: readonly object[], limits: PackLimits): MessageBody[] =>
  limits.maxEvents === 1
    ? events.map(writeEvent)
    : packTexts(
        events.map((event) => JSON.stringify(event)),
        limits,
      );
