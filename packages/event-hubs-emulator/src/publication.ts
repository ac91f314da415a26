import { integerAt, mapExtent, Section, sectionCode, sectionValue, skipValue, textAt } from './amqp-sections.ts';

/** The names under which producers that ask for duplicate suppression number their events: link properties, and annotations of each event. */
export const ProducerProperty = {
  id: 'com.microsoft:producer-id',
  epoch: 'com.microsoft:producer-epoch',
  sequence: 'com.microsoft:producer-sequence-number',
} as const;

/** Which of a producer's events a batch holds: `count` of them, numbered from `first` on, the numbers wrapping at 2^31. */
export interface Publication {
  readonly producer: number;
  readonly epoch: number;
  readonly first: number;
  readonly count: number;
}

/** Reads the numbers of a batch from its first event, whose message lies at `start`. Undefined when it has none. Throws MalformedMessage. */
export function readPublication(bytes: Buffer, start: number, limit: number, count: number): Publication | undefined {
  for (let at = start; at < limit;) {
    const code = sectionCode(bytes, at, limit);
    if (code > Section.messageAnnotations) return undefined;
    const value = sectionValue(bytes, at);
    if (code === Section.messageAnnotations) return publicationIn(bytes, value, limit, count);
    at = skipValue(bytes, value, limit);
  }
  return undefined;
}

function publicationIn(bytes: Buffer, at: number, limit: number, count: number): Publication | undefined {
  const map = mapExtent(bytes, at, limit);
  if (map === undefined) return undefined;
  const numbers = new Map<string | undefined, number | undefined>();
  for (let key = map.start; key < map.end;) {
    const value = skipValue(bytes, key, map.end);
    numbers.set(textAt(bytes, key, map.end), integerAt(bytes, value, map.end));
    key = skipValue(bytes, value, map.end);
  }
  const producer = numbers.get(ProducerProperty.id);
  const epoch = numbers.get(ProducerProperty.epoch);
  const first = numbers.get(ProducerProperty.sequence);
  if (producer === undefined || epoch === undefined || first === undefined) return undefined;
  return { producer, epoch, first, count };
}
