import { mkdir } from 'node:fs/promises';
import type { EntityAddress } from './entity-address.ts';
import { openHub, type Hub, type HubOptions } from './hub.ts';
import type { LogOptions } from './log-options.ts';
import type { PartitionLog } from './partition-log.ts';
import { refusals, type Refusal } from './refusal.ts';

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,254}[A-Za-z0-9])?$/;
const MOST_PARTITIONS = 1024;

/** The hubs of a server. Names are compared without case. */
export interface HubRegistry {
  readonly hubs: readonly Hub[];
  find(name: string): Hub | undefined;
  /** Why a hub, group or partition that an address names is not there; undefined when all of them are. `address` is what the message shows. */
  missing(entity: EntityAddress, address: string): Refusal | undefined;
  /** The log behind the address of a partition; undefined when `missing` would say why. */
  log(entity: EntityAddress): PartitionLog | undefined;
  close(): Promise<void>;
}

function checkOptions(options: Readonly<Record<string, HubOptions>>): void {
  const seen = new Set<string>();
  for (const [name, { partitions, consumerGroups = [] }] of Object.entries(options)) {
    if (!NAME.test(name))
      throw new Error(
        `hub '${name}': a name is 1 to 256 letters, digits, '.', '_' or '-', beginning and ending with a letter or digit`,
      );
    if (seen.has(name.toLowerCase()))
      throw new Error(`hub '${name}': another hub has this name; letter case does not tell them apart`);
    seen.add(name.toLowerCase());
    if (!Number.isSafeInteger(partitions) || partitions < 1 || partitions > MOST_PARTITIONS) {
      throw new Error(`hub '${name}': partitions is ${partitions}, and must be an integer from 1 to ${MOST_PARTITIONS}`);
    }
    const odd = consumerGroups.find((group) => group !== '$Default' && !NAME.test(group));
    if (odd !== undefined) throw new Error(`hub '${name}': '${odd}' is not a valid name of a consumer group`);
  }
}

/** Opens all hubs in `dataDirectory`. Throws on invalid options, and whatever opening one of them throws. */
export async function openHubs(
  dataDirectory: string,
  options: Readonly<Record<string, HubOptions>>,
  logOptions: LogOptions,
): Promise<HubRegistry> {
  checkOptions(options);
  await mkdir(dataDirectory, { recursive: true });
  const hubs: Hub[] = [];
  try {
    for (const [name, hub] of Object.entries(options)) hubs.push(await openHub(dataDirectory, name, hub, logOptions));
  } catch (error) {
    await Promise.all(hubs.map((hub) => hub.close()));
    throw error;
  }
  const byName = new Map(hubs.map((hub) => [hub.name.toLowerCase(), hub]));
  const find = (name: string): Hub | undefined => byName.get(name.toLowerCase());
  return {
    hubs,
    find,
    missing(entity, address) {
      if (!('hub' in entity) || entity.hub === undefined) return undefined;
      const hub = find(entity.hub);
      if (hub === undefined) return refusals.entityNotFound(address);
      if ('consumerGroup' in entity && !hub.hasConsumerGroup(entity.consumerGroup)) return refusals.entityNotFound(address);
      if ('partition' in entity && hub.partition(entity.partition) === undefined) {
        return refusals.unknownPartition(entity.partition, hub.name, hub.partitions.length);
      }
      return undefined;
    },
    log: (entity) => ('partition' in entity ? find(entity.hub)?.partition(entity.partition) : undefined),
    close: async () => void (await Promise.all(hubs.map((hub) => hub.close()))),
  };
}
