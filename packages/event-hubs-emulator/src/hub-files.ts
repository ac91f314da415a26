import { z } from 'zod';
import type { HubOptions } from './hub.ts';

/** The hubs that a file describes, by name. */
export type Hubs = Readonly<Record<string, HubOptions>>;

const topologySchema = z
  .object({
    hubs: z.record(
      z.string(),
      z.object({ partitions: z.number().int().positive(), consumerGroups: z.array(z.string()).default([]) }),
    ),
  })
  .transform(({ hubs }): Hubs => hubs);

/**
 * The configuration file of Microsoft's emulator, as far as it is about hubs. Its namespaces fall together: this server has one.
 *
 * @see https://learn.microsoft.com/azure/event-hubs/test-locally-with-event-hub-emulator
 */
const configSchema = z
  .object({
    UserConfig: z.object({
      NamespaceConfig: z.array(
        z.object({
          Entities: z.array(
            z.object({
              Name: z.string(),
              // The file that comes with the emulator has it in quotes.
              PartitionCount: z.coerce.number().int().positive(),
              ConsumerGroups: z.array(z.object({ Name: z.string() })).nullish(),
            }),
          ),
        }),
      ),
    }),
  })
  .transform(({ UserConfig }): Hubs => {
    const entities = UserConfig.NamespaceConfig.flatMap(({ Entities }) => Entities);
    return Object.fromEntries(
      entities.map(({ Name, PartitionCount, ConsumerGroups }) => [
        Name,
        { partitions: PartitionCount, consumerGroups: (ConsumerGroups ?? []).map((group) => group.Name) },
      ]),
    );
  });

/** A file that cannot be read, or says something else than hubs; the message names the place in it. */
class InvalidFile extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'InvalidFile';
  }
}

/** Reads the hubs from a file: `topology` is this product's format, `config` that of Microsoft's emulator. Throws InvalidFile. */
export function readHubFile(kind: 'topology' | 'config', path: string, read: (path: string) => string): Hubs {
  let text: string;
  try {
    text = read(path);
  } catch (cause) {
    throw new InvalidFile(`--${kind} ${path}: the file cannot be read`, { cause });
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new InvalidFile(`--${kind} ${path}: the file is not JSON`, { cause });
  }
  const parsed = (kind === 'topology' ? topologySchema : configSchema).safeParse(document);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`);
  throw new InvalidFile(`--${kind} ${path}: ${faults.join('; ')}`);
}
