import type { HubMessage, Hubs } from '@boxoffice/hubs';

/** Everything that a hub holds now, partition by partition. */
export async function* contentsOf(hubs: Hubs, hub: string): AsyncGenerator<HubMessage> {
  const partitions = await hubs.partitionCount(hub);
  for (let partition = 0; partition < partitions; partition++) {
    const { isEmpty, lastSequenceNumber } = await hubs.partitionState(hub, partition);
    if (isEmpty) continue;
    const { signal } = new AbortController();
    let readTo = -1;
    for await (const messages of hubs.read({ hub, group: '$Default', partition, from: 'earliest', signal })) {
      yield* messages;
      readTo = messages.at(-1)?.sequenceNumber ?? readTo;
      if (readTo >= lastSequenceNumber) break;
    }
  }
}
