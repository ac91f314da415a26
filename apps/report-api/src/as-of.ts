import { Gauge } from '@boxoffice/service-kit';
import type { Registry } from '@boxoffice/service-kit';
import type { Reports } from '@boxoffice/warehouse';
import { z } from 'zod';

/** An instant of a response. */
export const instantSchema = z.iso
  .datetime({ precision: 3 })
  .meta({ id: 'Instant', description: 'An instant, ISO 8601 in UTC with milliseconds', examples: ['2026-03-01T18:30:00.000Z'] });

/** What every report says of its own age. */
export const asOfFields = {
  completeThrough: instantSchema
    .nullable()
    .describe(
      'Everything that happened up to this event time is in the answer; what is later may be in part. Null until every partition has reported',
    ),
  generatedAt: instantSchema.describe('When the answer was made, by the clock of the server'),
};

interface AsOf {
  readonly completeThrough: string | null;
  readonly generatedAt: string;
}

/** What a route reads from. */
export interface Source {
  readonly reports: Reports;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** To be called before the report that it goes with is read: the report then holds at least that much. */
  readonly asOf: () => Promise<AsOf>;
}

export const openSource = (reports: Reports, now: () => number, registry: Registry): Source => {
  const gauge = new Gauge({
    name: 'report_complete_through_timestamp_seconds',
    help: 'Event time up to which the last report was complete; when it stands still, look at the joiner, the warehouse-writer, or a silent input',
    registers: [registry],
  });
  const asOf = async (): Promise<AsOf> => {
    const completeThrough = await reports.completeThrough();
    if (completeThrough !== null) gauge.set(Date.parse(completeThrough) / 1000);
    return { completeThrough, generatedAt: new Date(now()).toISOString() };
  };
  return { reports, now, asOf };
};
