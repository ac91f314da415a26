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

/**
 * Events of one partition, in order, as the bodies of as few messages as `maxEvents` and `maxBytes` allow; with a `maxEvents` of
 * 1 each message holds a single event, unpacked. An event that is longer than `maxBytes` travels alone.
 */
export const packEvents = (
  events: readonly object[],
  { maxEvents, maxBytes = 256 * 1024 }: { readonly maxEvents: number; readonly maxBytes?: number },
): MessageBody[] => {
  if (maxEvents === 1) return events.map(writeEvent);
  const messages: MessageBody[] = [];
  let parts: Buffer[] = [];
  let bytes = 0;
  const close = () => {
    const body = Buffer.concat([
      Buffer.from('['),
      ...parts.flatMap((part, index) => (index ? [Buffer.from(','), part] : [part])),
      Buffer.from(']'),
    ]);
    messages.push({ body, contentType: batchContentType });
    parts = [];
    bytes = 0;
  };
  for (const event of events) {
    const part = Buffer.from(JSON.stringify(event));
    if (parts.length > 0 && (parts.length >= maxEvents || bytes + part.byteLength > maxBytes)) close();
    parts.push(part);
    bytes += part.byteLength + 1;
  }
  if (parts.length > 0) close();
  return messages;
};
