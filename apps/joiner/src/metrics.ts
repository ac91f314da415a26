import { Gauge, createMetrics } from '@boxoffice/service-kit';
import type { Registry } from '@boxoffice/service-kit';
import { inputs } from './inputs.ts';
import type { Joiner } from './joiner.ts';
import type { OwnedPair } from './owned.ts';
import { reasons, standingOf } from './standing.ts';

type Standing = ReturnType<typeof standingOf>;
type Set = (labels: Readonly<Record<string, string | number>>, value: number) => void;

/** The joiner's figures, read from its pairs whenever somebody asks for them. Pairs of other instances are theirs to tell. */
export const createJoinerMetrics = (joiner: Pick<Joiner, 'pairs'>, now: () => number): Registry => {
  const registry = createMetrics('joiner');
  const registers = [registry];

  /** A gauge with labels `partition` and others, filled anew each time from what each pair says. */
  const gauge = (
    name: string,
    help: string,
    labels: readonly string[],
    tell: (set: Set, standing: Standing, pair: OwnedPair) => void,
  ): void => {
    new Gauge({
      name,
      help,
      labelNames: ['partition', ...labels],
      registers,
      collect() {
        this.reset();
        for (const pair of joiner.pairs().filter(({ fenced }) => !fenced)) {
          const { partition } = pair;
          tell((rest, value) => this.set({ partition, ...rest }, value), standingOf(pair, now()), pair);
        }
      },
    });
  };

  gauge(
    'joiner_events_total',
    'Events read live, by what became of them: received is the sum of the others but lost, which are messages that retention deleted unread. Much late: a bound too tight, or a backfill behind the watermark. Much duplicate: a producer that retries',
    ['outcome'],
    (set, { status }, { checkpoint }) => {
      for (const [outcome, count] of Object.entries(status?.ledger ?? checkpoint?.ledger ?? {})) set({ outcome }, count);
    },
  );
  gauge(
    'joiner_outputs_total',
    'Pairs matched and events left unmatched. Many paymentUnmatched: bookings are missing, or come later than the hold allows',
    ['kind'],
    (set, { status }, { checkpoint }) => {
      for (const [kind, count] of Object.entries(status?.outputs ?? checkpoint?.outputs ?? {})) set({ kind }, count);
    },
  );
  gauge(
    'joiner_replayed_messages_total',
    'Messages read again since the pair was taken up, to rebuild the state; bounded by the window. Growing in a service that does not restart: its pairs change hands',
    [],
    (set, { status }) => set({}, status?.replayed ?? 0),
  );
  gauge(
    'joiner_open_events',
    'Events that wait in state for their window to close. Growing without end: one input stands still, so look at its watermark',
    ['input'],
    (set, standing) => {
      for (const input of inputs) set({ input }, standing.inputs[input].open);
    },
  );
  gauge(
    'joiner_waiting_payments',
    'On-time payments that wait for their booking, and that no joined event carries yet. Growing: bookings come later than their payments, or not at all',
    [],
    (set, { status }) => set({}, status?.waitingPayments ?? 0),
  );
  gauge(
    'joiner_state_bytes',
    'Memory that the state of a pair takes, as estimated. Near STATE_MAX_BYTES: one input is far ahead of the other, or the window is too wide for the memory',
    [],
    (set, { status }) => set({}, status?.stateBytes ?? 0),
  );
  gauge(
    'joiner_watermark_seconds',
    'Event time up to which an input is complete, in seconds since the epoch; absent until the input has been heard of. Standing still: joiner_standing says why',
    ['input'],
    (set, { status }) => {
      for (const [input, watermark] of Object.entries(status?.watermarks ?? {}))
        if (Number.isFinite(watermark)) set({ input }, watermark / 1000);
    },
  );
  gauge(
    'joiner_standing',
    '1 for the reason why the watermark of a pair stands where it stands, 0 for the others. refused: somebody has to decide, see GET /v1/partitions',
    ['reason'],
    (set, { standing }) => {
      for (const reason of reasons) set({ reason }, reason === standing.reason ? 1 : 0);
    },
  );
  gauge(
    'joiner_generation',
    'How often a pair has got an owner. Growing fast: instances take pairs from each other, so look at their leases and clocks',
    [],
    (set, _, { checkpoint }) => set({}, checkpoint?.generation ?? 0),
  );
  gauge(
    'joiner_lag_messages',
    'Messages of an input that the broker had, when last asked, beyond the last one read. Growing: the joiner is too slow, or waits for the other input',
    ['input'],
    (set, standing) => {
      for (const input of inputs) set({ input }, standing.inputs[input].lag);
    },
  );
  gauge(
    'joiner_lag_seconds',
    'How long after the last message read of an input the newest one came in; 0 without a lag. Growing: the joiner falls behind real time',
    ['input'],
    (set, standing) => {
      for (const input of inputs) set({ input }, standing.inputs[input].lagSeconds);
    },
  );
  gauge(
    'joiner_read_to_sequence_number',
    'Last sequence number read of an input (read) and covered by a checkpoint (checkpointed). The two far apart: the joined hub takes nothing',
    ['input', 'stage'],
    (set, standing) => {
      for (const input of inputs) {
        set({ input, stage: 'read' }, standing.inputs[input].readTo);
        set({ input, stage: 'checkpointed' }, standing.inputs[input].checkpointedTo);
      }
    },
  );
  gauge(
    'joiner_contract_versions_total',
    'Events read since the pair was taken up, by the version of the contract they were written under. A version that has stopped growing everywhere has no writer left and can go when its sunset comes',
    ['type', 'version'],
    (set, { status }) => {
      for (const [schema, count] of status?.versions ?? []) {
        const [type = '', version = ''] = schema.split(':');
        set({ type, version }, count);
      }
    },
  );
  gauge(
    'joiner_unknown_shows_total',
    'Joined events sent without their show. Growing: the catalogue lacks shows that are on sale, or cannot be read',
    [],
    (set, { status }) => set({}, status?.unknownShows ?? 0),
  );
  return registry;
};
