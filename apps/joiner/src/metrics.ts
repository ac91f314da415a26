import { Gauge, createMetrics } from '@boxoffice/service-kit';
import type { Registry } from '@boxoffice/service-kit';
import { inputs } from './pair.ts';
import type { RunningPair } from './run-pair.ts';

const seconds = (ms: number): number | undefined => (Number.isFinite(ms) ? ms / 1000 : undefined);

/** The joiner's figures, read from its pairs whenever somebody asks for them. */
export const createJoinerMetrics = (pairs: () => readonly RunningPair[]): Registry => {
  const registry = createMetrics('joiner');
  const registers = [registry];

  new Gauge({
    name: 'joiner_events_total',
    help: 'Events read live, by what became of them: received is the sum of the others. Much late: a bound too tight, or a backfill behind the watermark. Much duplicate: a producer that retries',
    labelNames: ['partition', 'outcome'],
    registers,
    collect() {
      for (const { partition, status } of pairs())
        for (const [outcome, count] of Object.entries(status().ledger)) this.set({ partition, outcome }, count);
    },
  });
  new Gauge({
    name: 'joiner_outputs_total',
    help: 'Pairs matched and events left unmatched. Many paymentUnmatched: bookings are missing, or come later than the hold allows',
    labelNames: ['partition', 'kind'],
    registers,
    collect() {
      for (const { partition, status } of pairs())
        for (const [kind, count] of Object.entries(status().outputs)) this.set({ partition, kind }, count);
    },
  });
  new Gauge({
    name: 'joiner_replayed_messages_total',
    help: 'Messages read again since the start to rebuild the state; bounded by the window. Growing in a service that does not restart: it does restart',
    labelNames: ['partition'],
    registers,
    collect() {
      for (const { partition, status } of pairs()) this.set({ partition }, status().replayed);
    },
  });
  new Gauge({
    name: 'joiner_open_events',
    help: 'Events that wait in state for their window to close. Growing without end: one input stands still, so look at its watermark',
    labelNames: ['partition', 'input'],
    registers,
    collect() {
      for (const { partition, status } of pairs())
        for (const input of inputs) this.set({ partition, input }, status().open[input]);
    },
  });
  new Gauge({
    name: 'joiner_watermark_seconds',
    help: 'Event time up to which an input is complete, in seconds since the epoch; absent until the input has been heard of. Standing still: the input rests, or its producer does',
    labelNames: ['partition', 'input'],
    registers,
    collect() {
      this.reset();
      for (const { partition, status } of pairs())
        for (const [input, watermark] of Object.entries(status().watermarks)) {
          const value = seconds(watermark);
          if (value !== undefined) this.set({ partition, input }, value);
        }
    },
  });
  new Gauge({
    name: 'joiner_read_to_sequence_number',
    help: 'Last sequence number read of an input (read) and covered by a checkpoint (checkpointed). The two far apart: the joined hub takes nothing',
    labelNames: ['partition', 'input', 'stage'],
    registers,
    collect() {
      for (const { partition, status, checkpointed } of pairs())
        for (const input of inputs) {
          this.set({ partition, input, stage: 'read' }, status().readTo[input]);
          this.set({ partition, input, stage: 'checkpointed' }, checkpointed().readTo[input]);
        }
    },
  });
  new Gauge({
    name: 'joiner_contract_versions_total',
    help: 'Events read live since the start, by the version of the contract they were written under. A version that has stopped growing everywhere has no writer left and can go when its sunset comes',
    labelNames: ['partition', 'type', 'version'],
    registers,
    collect() {
      for (const { partition, status } of pairs())
        for (const [schema, count] of status().versions) {
          const [type = '', version = ''] = schema.split(':');
          this.set({ partition, type, version }, count);
        }
    },
  });
  new Gauge({
    name: 'joiner_unknown_shows_total',
    help: 'Joined events sent without their show. Growing: the catalogue lacks shows that are on sale, or cannot be read',
    labelNames: ['partition'],
    registers,
    collect() {
      for (const { partition, status } of pairs()) this.set({ partition }, status().unknownShows);
    },
  });
  return registry;
};
