import type { PartitionLog } from './partition-log.ts';
import type { StartPosition } from './start-position.ts';

/** An event's place in a log: the position of its record, and its index in there. */
export interface Cursor {
  readonly position: number;
  readonly index: number;
}

/** A start position that lies beyond the end of the log, or is of data that was wiped. The message is the one that Azure sends. */
export class InvalidPosition extends Error {
  constructor(what: 'sequence number' | 'offset', supplied: number, last: number) {
    super(`The supplied ${what} '${supplied}' is invalid. The last ${what} in the system is '${last}'`);
    this.name = 'InvalidPosition';
  }
}

/**
 * Finds the first event that a receiver with this start position gets. What retention has deleted counts as earliest; the
 * place just behind the last event is valid. One further on throws {@link InvalidPosition}, and so does an offset from before the log
 * began, which only other data can have given out.
 */
export async function seek(log: PartitionLog, start: StartPosition): Promise<Cursor> {
  const end: Cursor = { position: log.end, index: 0 };
  switch (start.from) {
    case 'earliest':
      return { position: log.segments[0]!.base, index: 0 };
    case 'latest':
      return end;
    case 'sequence-number': {
      const wanted = start.inclusive ? start.value : start.value + 1;
      if (wanted > log.nextSequence) throw new InvalidPosition('sequence number', start.value, log.nextSequence - 1);
      if (wanted === log.nextSequence) return end;
      const segment = log.segments.findLast(({ firstSequence }) => firstSequence <= wanted);
      const found = await segment?.find('firstSequence', wanted, (record) => record.firstSequence + record.count > wanted);
      return found ? { position: found.position, index: wanted - found.firstSequence } : seek(log, { from: 'earliest' });
    }
    case 'offset': {
      const wanted = start.inclusive ? start.value : start.value + 1;
      const ofOtherData = start.value > 0 && start.value < log.firstPosition;
      if (wanted > end.position || ofOtherData) throw new InvalidPosition('offset', start.value, log.last?.offset ?? -1);
      const segment = log.segments.findLast(({ base }) => base <= wanted) ?? log.segments[0]!;
      // Taken before the look-up: what is appended meanwhile is wanted.
      const behind = segment.end;
      const found = await segment.find('position', wanted, (record) => record.position + record.count > wanted);
      return found ? { position: found.position, index: Math.max(0, wanted - found.position) } : { position: behind, index: 0 };
    }
    case 'enqueued-time': {
      for (const segment of log.segments.toReversed()) {
        const behind = segment.end;
        const first = await segment.find('position', segment.base, () => true);
        if (segment !== log.segments[0] && (first === undefined || first.enqueuedAt > start.enqueuedAfter)) continue;
        const found = await segment.find('enqueuedAt', start.enqueuedAfter, (record) => record.enqueuedAt > start.enqueuedAfter);
        return { position: found?.position ?? behind, index: 0 };
      }
      return end;
    }
    default:
      return start satisfies never;
  }
}
