import type { Hub } from './hub.ts';
import type { PartitionLog } from './partition-log.ts';
import type { Traffic } from './traffic.ts';

const PREFIX = 'event_hubs_emulator';

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

function family(name: string, type: 'counter' | 'gauge', help: string, samples: Iterable<Sample>): string {
  const lines = [...samples].map(([labels, value]) => {
    const list = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
    return `${PREFIX}_${name}${list.length === 0 ? '' : `{${list.join(',')}}`} ${value}`;
  });
  return [`# HELP ${PREFIX}_${name} ${help}`, `# TYPE ${PREFIX}_${name} ${type}`, ...lines, ''].join('\n');
}

/** The server's figures in the text format of Prometheus. `connections` is how many clients are connected. */
export function renderMetrics(hubs: readonly Hub[], traffic: Traffic, connections: number): string {
  const each = (value: (log: PartitionLog) => number): Sample[] =>
    hubs.flatMap((hub) => hub.partitions.map((log, id) => [{ hub: hub.name, partition: String(id) }, value(log)] as const));
  const refused = [...traffic.batchesRefused].map(([condition, count]) => [{ condition }, count] as const);
  return [
    family('connections', 'gauge', 'AMQP connections.', [[{}, connections]]),
    family('batches_accepted_total', 'counter', 'Batches stored and acknowledged, repetitions of numbered ones included.', [
      [{}, traffic.batchesAccepted],
    ]),
    family('batches_refused_total', 'counter', 'Batches refused, by error condition. server-busy: look at the disk.', refused),
    family('events_delivered_total', 'counter', 'Events sent to receivers.', [[{}, traffic.eventsDelivered]]),
    family(
      'last_sequence_number',
      'gauge',
      'Sequence number of the newest event, -1 while there was none.',
      each((log) => log.nextSequence - 1),
    ),
    family(
      'first_sequence_number',
      'gauge',
      'Sequence number of the oldest event that is kept.',
      each((log) => log.firstSequence),
    ),
    family(
      'log_bytes',
      'gauge',
      'Size of the log on disk.',
      each((log) => log.segments.reduce((sum, { size }) => sum + size, 0)),
    ),
    family(
      'write_failures_total',
      'counter',
      'Writes that the disk refused. Full, or failing.',
      each((log) => log.failures),
    ),
  ].join('');
}
