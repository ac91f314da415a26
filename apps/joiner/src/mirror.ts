import type { CheckpointStore, HubMessage } from '@boxoffice/hubs';
import type { Logger } from '@boxoffice/service-kit';

/** How far a partition has been read. */
export type Place = Pick<HubMessage, 'hub' | 'partition' | 'sequenceNumber' | 'offset'>;
/** How far several have. */
export type Places = readonly Place[];

/** Copies of how far the inputs have been read, where the autoscaler looks for them. Nothing of ours reads them. */
export interface Mirror {
  /** Everything up to these places has been joined and acknowledged. */
  note(places: Places): void;
}

/** Writes in the background, the newest of each partition only; one that fails is logged, and made up for by the next. */
export const createMirror = (
  store: Pick<CheckpointStore, 'updateCheckpoint'>,
  namespace: string,
  group: string,
  log: Pick<Logger, 'warn'>,
): Mirror => {
  const waiting = new Map<string, Place>();
  let running = false;
  const run = async (): Promise<void> => {
    for (const [name, { hub, partition, sequenceNumber, offset }] of waiting) {
      waiting.delete(name);
      const checkpoint = { fullyQualifiedNamespace: namespace, eventHubName: hub, consumerGroup: group };
      try {
        await store.updateCheckpoint({ ...checkpoint, partitionId: String(partition), sequenceNumber, offset });
      } catch (error) {
        log.warn({ hub, partition, err: error }, 'how far an input was read could not be told to the autoscaler');
      }
    }
    running = false;
  };
  return {
    note(places) {
      for (const place of places) waiting.set(`${place.hub}/${place.partition}`, place);
      if (running) return;
      running = true;
      void run();
    },
  };
};
