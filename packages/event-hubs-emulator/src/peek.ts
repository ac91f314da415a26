import rhea from 'rhea';
import { LogReader } from './log-reader.ts';
import type { PartitionLog } from './partition-log.ts';
import { seek } from './seek.ts';

// What one answer holds at most, in bytes of events.
const MOST_BYTES = 4 * 1024 * 1024;

/** An event as people look at it. */
export interface PeekedEvent {
  readonly sequenceNumber: number;
  readonly offset: string;
  readonly enqueuedAt: string;
  readonly partitionKey?: string;
  readonly contentType?: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** JSON where the body is JSON, else its text; bytes that are no UTF-8 as base64. */
  readonly body: unknown;
  readonly bodyEncoding: 'json' | 'text' | 'base64';
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function readBody(body: unknown): Pick<PeekedEvent, 'body' | 'bodyEncoding'> {
  const content: unknown = typeof body === 'object' && body !== null && 'content' in body ? body.content : body;
  if (!Buffer.isBuffer(content)) return { body: content ?? null, bodyEncoding: 'json' };
  let text: string;
  try {
    text = utf8.decode(content);
  } catch {
    return { body: content.toString('base64'), bodyEncoding: 'base64' };
  }
  try {
    return { body: JSON.parse(text), bodyEncoding: 'json' };
  } catch {
    return { body: text, bodyEncoding: 'text' };
  }
}

function toPeeked(message: Buffer): PeekedEvent {
  const {
    message_annotations: annotations,
    application_properties: properties,
    content_type,
    body,
  } = rhea.message.decode(message);
  const key: unknown = annotations?.['x-opt-partition-key'];
  return {
    sequenceNumber: Number(annotations?.['x-opt-sequence-number']),
    offset: String(annotations?.['x-opt-offset']),
    enqueuedAt: new Date(Number(annotations?.['x-opt-enqueued-time'])).toISOString(),
    ...(typeof key === 'string' && { partitionKey: key }),
    ...(content_type !== undefined && { contentType: content_type }),
    properties: properties ?? {},
    ...readBody(body),
  };
}

/** Up to `limit` events from the sequence number `from` on, or from the oldest that is kept if that is later. Fewer than 4 MiB, or one. */
export async function peek(log: PartitionLog, from: number, limit: number): Promise<PeekedEvent[]> {
  const events: PeekedEvent[] = [];
  if (from >= log.nextSequence) return events;
  const reader = new LogReader(log, await seek(log, { from: 'sequence-number', value: from, inclusive: true }));
  for (let bytes = 0; events.length < limit && bytes < MOST_BYTES;) {
    const run = reader.take(1, 1);
    if (run === 'end') break;
    if (run === 'load') {
      await reader.load();
      continue;
    }
    const length = run.lengths[0]!;
    events.push(toPeeked(Buffer.from(run.bytes.subarray(run.start, run.start + length))));
    bytes += length;
  }
  return events;
}
