import type { Hubs } from '@boxoffice/hubs';
import { Counter, Gauge, Histogram, createMetrics } from '@boxoffice/service-kit';
import type { Registry } from '@boxoffice/service-kit';
import { lagOf } from './lag.ts';
import type { LoadedPartition } from './partition.ts';
import type { Entry } from './to-row.ts';

interface Place {
  readonly hub: string;
  readonly partition: number;
}

/** What the writer counts. */
export interface WriterMetrics {
  readonly registry: Registry;
  /** Has the gauges tell of these partitions from now on. */
  watch(hubs: Hubs, partitions: () => readonly LoadedPartition[]): void;
  loaded(
    place: Place,
    entries: readonly Entry[],
    counts: {
      readonly duplicates: number;
      readonly conflicts: number;
      readonly refused: number;
      readonly replayed: number;
      readonly seconds: number;
    },
  ): void;
  lost(place: Place, messages: number): void;
}

const kindOf = ({ content }: Entry): string => (content.as === 'joined' ? content.event.data.kind : content.as);

/** The writer's figures. */
export const createWriterMetrics = (): WriterMetrics => {
  const registry = createMetrics('warehouse-writer');
  const registers = [registry];
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name, help, labelNames: ['hub', 'partition', ...labelNames], registers });

  const events = counter(
    'writer_events_loaded_total',
    'Events in committed batches, by kind. Standing still while the lag grows: the warehouse is away, see readiness',
    'kind',
  );
  const batches = counter(
    'writer_batches_total',
    'Committed transactions. Many for few events: the linger is short, or the hub brings little at a time',
  );
  const duplicates = counter(
    'writer_duplicate_events_total',
    'Events whose fact the warehouse held already; they changed nothing. Growing steadily: the joiner restarts, or two write to one hub',
  );
  const replayed = counter(
    'writer_replayed_events_total',
    'Events read again from where they had been loaded before: the last batch, after each start. Growing without a restart: fenced by another writer',
  );
  const conflicts = counter(
    'writer_conflicts_total',
    'Contents that differ from another under the same id; the smaller stays. Any: a producer reuses ids, see fact_conflict',
  );
  const refused = counter(
    'writer_refused_events_total',
    'Events that the database would not take; they are in the quarantine with its reason. Any: a contract allows what the schema does not',
  );
  const lost = counter(
    'writer_lost_messages_total',
    'Messages that retention deleted before they were loaded. Any: the writer was away for longer than the hub keeps',
  );
  const seconds = new Histogram({
    name: 'writer_load_seconds',
    help: 'Time from a gathered batch to its commit, waits for the warehouse included. Long: the database is slow or away',
    labelNames: ['hub'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });

  return {
    registry,
    watch(hubs, partitions) {
      new Gauge({
        name: 'writer_loaded_sequence_number',
        help: 'Last sequence number in the warehouse; -1 for none. Standing still beside a growing hub: see the lag',
        labelNames: ['hub', 'partition'],
        registers,
        collect() {
          for (const { hub, partition, loaded } of partitions()) this.set({ hub, partition }, loaded() ?? -1);
        },
      });
      new Gauge({
        name: 'writer_lag_messages',
        help: 'Messages in the hub that are not in the warehouse; absent while the broker does not answer. Growing: loading is slower than joining',
        labelNames: ['hub', 'partition'],
        registers,
        async collect() {
          this.reset();
          for (const { hub, partition, lag } of await lagOf(hubs, partitions()).catch(() => []))
            this.set({ hub, partition }, lag);
        },
      });
    },
    loaded(place, entries, counts) {
      for (const [kind, of] of Map.groupBy(entries, kindOf)) events.inc({ ...place, kind }, of.length);
      batches.inc({ ...place });
      duplicates.inc({ ...place }, counts.duplicates);
      replayed.inc({ ...place }, counts.replayed);
      conflicts.inc({ ...place }, counts.conflicts);
      refused.inc({ ...place }, counts.refused);
      seconds.observe({ hub: place.hub }, counts.seconds);
    },
    lost: (place, messages) => lost.inc({ ...place }, messages),
  };
};
