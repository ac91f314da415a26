import { z } from 'zod';
import type { RunSpec } from '@boxoffice/scenario';
import { fetchJson } from './fetch-json.ts';
import { joiningOf } from './joining.ts';
import type { Stack } from './stack.ts';

const run = z.object({
  id: z.string(),
  state: z.enum(['running', 'completed', 'stopped', 'failed', 'interrupted']),
  published: z.int(),
  acknowledged: z.int(),
  error: z.string().nullable(),
});
const paying = z.object({ partitions: z.array(z.object({ lag: z.int(), due: z.int(), pending: z.int() })) });
const loading = z.object({ partitions: z.array(z.object({ hub: z.string(), partition: z.int(), lag: z.int() })) });
const amount = z.object({ minor: z.int() });
const instant = z.iso.datetime();

const payment = z.object({
  bookingId: z.string(),
  paymentId: z.string(),
  kind: z.enum(['captured', 'declined', 'refunded']),
  amount,
  currency: z.string(),
  enqueuedAt: instant,
  loadedAt: instant,
});
const booking = z.object({
  bookingId: z.string(),
  state: z.string(),
  overpaid: z.boolean(),
  showId: z.string(),
  channel: z.string(),
  currency: z.string(),
  seatCount: z.int(),
  total: amount,
  captured: amount,
  refunded: amount,
  enqueuedAt: instant,
  loadedAt: instant,
  payments: z.array(payment),
});
const page = <S extends z.ZodType>(row: S) => z.object({ rows: z.array(row), next: z.string().nullable() });
const pipeline = z.object({
  completeThrough: instant.nullable(),
  partitions: z.array(z.object({ bookingsWatermark: instant.nullable(), paymentsWatermark: instant.nullable() })),
});
const reconciliation = z.object({ addsUp: z.boolean() });
const quarantined = z.object({ reason: z.string() });
const funnel = z.object({ placed: z.int(), payments: z.object({ captured: z.int(), declined: z.int(), refunded: z.int() }) });
const sales = z.object({ totals: z.array(z.object({ currency: z.string(), net: amount })) });

/** A booking with its payments, as report-api shows it. */
export type BookingRow = z.infer<typeof booking>;
/** A payment, as report-api shows it. */
export type PaymentRow = z.infer<typeof payment>;

const runOf = (runId: string) => `run=${encodeURIComponent(runId)}`;

/** All rows of a paged list. */
const all = async <S extends z.ZodType>(address: string, row: S): Promise<z.output<S>[]> => {
  const rows: z.output<S>[] = [];
  for (let after = ''; ;) {
    const found = await fetchJson(`${address}${after}`, page(row));
    rows.push(...found.rows);
    if (found.next === null) return rows;
    after = `&after=${encodeURIComponent(found.next)}`;
  }
};

/** What is asked of the five services here. */
export type Services = ReturnType<typeof createServices>;

/** The services at their addresses. Every call throws ServiceError where there is no good answer. */
export const createServices = ({ url, joiners }: Pick<Stack, 'url' | 'joiners'>) => {
  const reports = `${url['report-api']}/v1`;
  const runs = `${url['booking-producer']}/v1/runs`;
  return {
    startRun: (spec: RunSpec) => fetchJson(runs, run, { body: spec }),
    /** How a run is; one that a restart of booking-producer has cut off is started again, under the same ids. */
    keepRunning: async (id: string, spec: RunSpec) => {
      const found = await fetchJson(`${runs}/${encodeURIComponent(id)}`, run);
      return found.state === 'interrupted' ? fetchJson(runs, run, { body: spec }) : found;
    },
    run: (id: string) => fetchJson(`${runs}/${encodeURIComponent(id)}`, run),
    paying: () => fetchJson(`${url['payment-producer']}/v1/partitions`, paying),
    joining: () => joiningOf(joiners.map((joiner) => joiner.url)),
    loading: () => fetchJson(`${url['warehouse-writer']}/v1/partitions`, loading),
    pipeline: () => fetchJson(`${reports}/pipeline`, pipeline),
    reconciliation: () => fetchJson(`${reports}/pipeline/reconciliation`, reconciliation),
    funnel: (runId: string) => fetchJson(`${reports}/reports/funnel?${runOf(runId)}`, funnel),
    sales: (runId: string) => fetchJson(`${reports}/reports/sales?bucket=day&${runOf(runId)}`, sales),
    bookings: (runId: string): Promise<BookingRow[]> => all(`${reports}/bookings?limit=1000&${runOf(runId)}`, booking),
    /** How many events are in quarantine, by reason. */
    quarantined: async (): Promise<Record<string, number>> => {
      const rows = await all(`${reports}/quarantine?limit=100`, quarantined);
      return Object.fromEntries(
        Map.groupBy(rows, ({ reason }) => reason)
          .entries()
          .map(([reason, each]) => [reason, each.length]),
      );
    },
    orphanPayments: (runId: string): Promise<PaymentRow[]> =>
      all(`${reports}/payments/orphans?limit=1000&${runOf(runId)}`, payment),
  };
};
