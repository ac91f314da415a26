import { setTimeout as wait } from 'node:timers/promises';
import { percentile } from '../../apps/local-stack/src/verdict.ts';
import { contentsOf } from '../../e2e/hub-contents.ts';
import { messagesOf } from '../../packages/runs/src/index.ts';
import { bookings, paymentsFor, runRequest, specOf } from '../../packages/scenario/src/index.ts';
import { bookingPaymentJoined, joinProgress, readMessage } from '../../packages/schemas/src/index.ts';
import { cpuSecondsOf } from '../figures.ts';
import { startJoiner, untilFound } from './joiner-process.ts';
import { startSurroundings } from './surroundings.ts';
import type { Surroundings } from './surroundings.ts';

const bookingsPerSecond = 1000;
const seconds = 30;
/** Not measured: code is compiled and connections are opened. */
const warmUpSeconds = 5;
/** How long after its booking each payment happens. */
const paidAfterMs = 100;
/** What has happened is published so often. */
const everyMs = 5;

interface Due {
  readonly at: number;
  readonly key: string;
  readonly content: object;
}

/** Publishes bookings, and a payment of each, at the moment in which they happen; returns when the measured part began (ms). */
const publishLive = async ({ hubs }: Surroundings): Promise<number> => {
  const request = { seed: 7, profile: 'calm', rate: bookingsPerSecond, durationS: warmUpSeconds + seconds };
  const spec = specOf(runRequest.parse(request), Date.now());
  const layout = { packing: 1, partitions: await hubs.partitionCount('bookings') };
  const publishers = { bookings: hubs.publisher('bookings'), payments: hubs.publisher('payments') };
  const inFlight = new Set<Promise<void>>();
  // What falls due does not wait for what was sent before to be acknowledged.
  const publish = (hub: 'bookings' | 'payments', due: readonly Due[]): void => {
    const sent = publishers[hub].publish(messagesOf(due, layout)).then(() => void inFlight.delete(sent));
    inFlight.add(sent);
  };
  const source = bookings(spec);
  const payments: Due[] = [];
  let next = source.next();
  while (!next.done || payments.length > 0) {
    const now = Date.now();
    const placed: Due[] = [];
    while (!next.done && Date.parse(next.value.time) <= now) {
      const booking = next.value;
      const at = Date.parse(booking.time);
      placed.push({ at, key: booking.subject, content: booking });
      const [payment] = paymentsFor(booking);
      const paidAt = at + paidAfterMs;
      if (payment) {
        const content = { ...payment, time: new Date(paidAt).toISOString() };
        payments.push({ at: paidAt, key: booking.subject, content });
      }
      next = source.next();
    }
    const later = payments.findIndex(({ at }) => at > now);
    const paid = payments.splice(0, later < 0 ? payments.length : later);
    if (placed.length > 0) publish('bookings', placed);
    if (paid.length > 0) publish('payments', paid);
    await wait(everyMs);
  }
  await Promise.all(inFlight);
  return Date.parse(spec.from) + 1000 * warmUpSeconds;
};

/** From the later of the two being in its hub to the matched event being in the joined hub, by the broker's clock, ms. */
const latenciesSince = async ({ hubs }: Surroundings, since: number): Promise<number[]> => {
  const latencies = new Map<string, number>();
  for await (const { body, enqueuedAt } of contentsOf(hubs, 'joined'))
    for (const reading of readMessage(body, [bookingPaymentJoined, joinProgress])) {
      if (!reading.ok) throw new Error(`the joined hub holds what cannot be read: ${reading.reason}`);
      const { event } = reading;
      if (event.type !== 'booking-payment.joined' || event.data.kind !== 'matched') continue;
      const { booking, payment } = event.data;
      const complete = Math.max(Date.parse(booking.origin.enqueuedAt), Date.parse(payment.origin.enqueuedAt));
      if (complete >= since && !latencies.has(event.id)) latencies.set(event.id, enqueuedAt - complete);
    }
  return [...latencies.values()];
};

/** How long after both of its events a pair is in the joined hub, in a live stream of 2,000 events a second. */
export const measureLatency = async () => {
  await using surroundings = await startSurroundings();
  const joiner = await startJoiner(surroundings, 'latency');
  await untilFound(joiner, async () => (await joiner.isReady()) || undefined);
  const [joinerBefore, serverBefore] = [cpuSecondsOf(joiner.child), cpuSecondsOf(surroundings.server)];
  const since = await publishLive(surroundings);
  const cpuSeconds = {
    joiner: Number((cpuSecondsOf(joiner.child) - joinerBefore).toFixed(1)),
    server: Number((cpuSecondsOf(surroundings.server) - serverBefore).toFixed(1)),
  };
  // Draining sends what is left.
  await joiner.stop();
  const latencies = await latenciesSince(surroundings, since);
  if (latencies.length < 0.99 * bookingsPerSecond * seconds) throw new Error(`only ${latencies.length} pairs were matched`);
  return {
    eventsPerSecond: 2 * bookingsPerSecond,
    seconds,
    pairs: latencies.length,
    latencyMs: {
      p50: percentile(latencies, 0.5),
      p90: percentile(latencies, 0.9),
      p99: percentile(latencies, 0.99),
      most: percentile(latencies, 1),
    },
    cpuSeconds,
  };
};
