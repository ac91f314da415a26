import rhea from 'rhea';
import type { Access } from './access.ts';
import type { HubRegistry } from './hub-registry.ts';
import type { Hub } from './hub.ts';
import { refusals } from './refusal.ts';
import type { Response } from './request-response.ts';

const HUB = 'com.microsoft:eventhub';
const PARTITION = 'com.microsoft:partition';
const STRING_CODE = 0xa1;

function hubProperties(hub: Hub): Response {
  const ids = hub.partitions.map((_, id) => String(id));
  return {
    status: 200,
    body: {
      name: hub.name,
      type: HUB,
      created_at: rhea.types.wrap_timestamp(hub.createdAt.getTime()),
      partition_count: rhea.types.wrap_int(ids.length),
      partition_ids: rhea.types.wrap_array(ids, STRING_CODE, undefined),
      georeplication_factor: rhea.types.wrap_int(1),
    },
  };
}

function partitionProperties(hub: Hub, id: string): Response {
  const log = hub.partition(id);
  if (log === undefined) return { status: 400, refusal: refusals.unknownPartition(id, hub.name, hub.partitions.length) };
  const { firstSequence, nextSequence, last } = log;
  const isEmpty = nextSequence === firstSequence;
  return {
    status: 200,
    body: {
      name: hub.name,
      type: PARTITION,
      partition: id,
      begin_sequence_number: rhea.types.wrap_long(nextSequence === 0 ? -1 : firstSequence),
      last_enqueued_sequence_number: rhea.types.wrap_long(nextSequence - 1),
      last_enqueued_offset: String(last?.offset ?? -1),
      last_enqueued_time_utc: rhea.types.wrap_timestamp(last?.enqueuedAt ?? 0),
      is_partition_empty: isEmpty,
    },
  };
}

/** Answers a management request: the properties of a hub, or of one of its partitions. */
export function readProperties(hubs: HubRegistry, access: Access, properties: Readonly<Record<string, unknown>>): Response {
  const { operation, name, type, partition } = properties;
  const hub = typeof name === 'string' ? hubs.find(name) : undefined;
  // Links to the management node name no hub, and Java opens them before it puts a token; so each request is checked, with the token it carries.
  const address = `${String(name)}/$management`;
  const unauthorized = access.refusal(address) && access.put(address, properties['security_token']);
  if (unauthorized !== undefined) return { status: 401, refusal: unauthorized };
  if (hub === undefined) return { status: 404, refusal: refusals.entityNotFound(String(name)) };
  if (operation === 'READ' && type === HUB) return hubProperties(hub);
  if (operation === 'READ' && type === PARTITION) return partitionProperties(hub, String(partition));
  const description = `operation '${String(operation)}' on '${String(type)}' is none that this server knows`;
  return { status: 400, refusal: { condition: 'amqp:not-implemented', description } };
}
