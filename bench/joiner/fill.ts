import type { Publisher } from '../../packages/hubs/src/index.ts';
import { messagesOf } from '../../packages/runs/src/index.ts';
import { bookingSends, bookings, paymentSends, runRequest, specOf } from '../../packages/scenario/src/index.ts';
import type { RunSpec, Send } from '../../packages/scenario/src/index.ts';
import type { Surroundings } from './surroundings.ts';

/** What lies in the input hubs. */
export interface Filled {
  /** Bookings and payments, repetitions included. */
  readonly events: number;
  /** The last sequence number of each partition, by hub. */
  readonly ends: Readonly<Record<'bookings' | 'payments', readonly number[]>>;
}

/** The payments of a run in the order in which they leave. */
function* paymentsInOrder(spec: RunSpec): Generator<Send> {
  let waiting: Send[] = [];
  let looked = 0;
  for (const booking of bookings(spec)) {
    waiting.push(...paymentSends(booking));
    if (++looked % 20_000 > 0) continue;
    const now = Date.parse(booking.time);
    waiting.sort((a, b) => a.at - b.at);
    const due = waiting.findIndex(({ at }) => at >= now);
    yield* waiting.splice(0, due < 0 ? waiting.length : due);
  }
  yield* waiting.toSorted((a, b) => a.at - b.at);
}

const publishAll = async (sends: Iterable<Send>, publisher: Publisher, layout: Parameters<typeof messagesOf>[1]) => {
  let events = 0;
  let chunk: Send[] = [];
  const flush = async (): Promise<void> => {
    events += chunk.length;
    await publisher.publish(messagesOf(chunk, layout));
    chunk = [];
  };
  for (const send of sends) {
    chunk.push(send);
    if (chunk.length === 10_000) await flush();
  }
  await flush();
  return events;
};

/** Publishes an everyday day of bookings and all of their payments, each hub in the order of time. */
export const fill = async (
  { hubs }: Surroundings,
  { count, packing }: { readonly count: number; readonly packing: number },
): Promise<Filled> => {
  const day = { from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' };
  const spec = specOf(runRequest.parse({ seed: 7, ...day, bookings: count }), 0);
  const partitions = await hubs.partitionCount('bookings');
  const endsOf = (hub: string) =>
    Promise.all(Array.from({ length: partitions }, async (_, n) => (await hubs.partitionState(hub, n)).lastSequenceNumber));
  const booked = await publishAll(bookingSends(spec), hubs.publisher('bookings'), { packing, partitions });
  const paid = await publishAll(paymentsInOrder(spec), hubs.publisher('payments'), { packing, partitions });
  return { events: booked + paid, ends: { bookings: await endsOf('bookings'), payments: await endsOf('payments') } };
};

/** Whether checkpoints cover everything that was filled in. */
export const isCovered = (
  { ends }: Filled,
  partitions: readonly {
    readonly partition: number;
    readonly bookings: { readonly checkpointedTo: number };
    readonly payments: { readonly checkpointedTo: number };
  }[],
): boolean => {
  const reached = (hub: 'bookings' | 'payments') =>
    ends[hub].every((end, n) => (partitions.find(({ partition }) => partition === n)?.[hub].checkpointedTo ?? -1) >= end);
  return reached('bookings') && reached('payments');
};
