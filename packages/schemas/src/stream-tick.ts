import { z } from 'zod';
import { derivedEvent } from './cloud-event.ts';
import { dataschema, defineContract, firstVersion } from './contract.ts';

const type = 'stream.tick';

const streamTickV1 = derivedEvent(type, 1, z.strictObject({}));

/** "This partition is complete up to `time`", written into an idle input by its owner, so that time passes in the log. */
export type StreamTick = z.infer<typeof streamTickV1>;

/** The tick that declares a hub's partition complete up to `completeUpTo` (ms). */
export const tickEvent = (hub: string, partition: number, completeUpTo: number): StreamTick => ({
  specversion: '1.0',
  id: `tick:${encodeURIComponent(hub)}:${partition}:${completeUpTo}`,
  source: 'boxoffice/joiner',
  type,
  subject: `partition ${partition}`,
  time: new Date(completeUpTo).toISOString(),
  dataschema: dataschema(type, 1),
  data: {},
});

/** `stream.tick`: an idle input is complete up to the event's time. */
export const streamTick = defineContract({
  type,
  summary: "An idle input is complete up to the event's time",
  versions: firstVersion(streamTickV1),
});
