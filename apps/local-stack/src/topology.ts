import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** Everything that listens on a port. */
export const portNames = [
  'event-hubs',
  'sql',
  'booking-producer',
  'payment-producer',
  'joiner',
  'warehouse-writer',
  'report-api',
] as const;
/** @see portNames */
export type PortName = (typeof portNames)[number];

const topologySchema = z.strictObject({
  hubs: z.record(z.string(), z.strictObject({ partitions: z.int().min(1), consumerGroups: z.array(z.string()) })),
  ports: z.record(z.enum(portNames), z.int().min(1).max(65_535)),
});

/** Hubs, consumer groups, partition counts and ports, as `deploy/topology.json` names them. */
export type Topology = z.infer<typeof topologySchema>;

/** Where the file is, for those who read it themselves. */
export const topologyFile = fileURLToPath(new URL('../../../deploy/topology.json', import.meta.url));

/** @throws {z.ZodError} for a file that is not a topology. */
export const readTopology = (): Topology => topologySchema.parse(JSON.parse(readFileSync(topologyFile, 'utf8')));
