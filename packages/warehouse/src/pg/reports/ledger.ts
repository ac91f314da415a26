import type pg from 'pg';
import type { LedgerFigures, LedgerReport } from '../../reports.ts';

// Grouped before they are joined, or each fact would count once for every fact of the other table.
const statement = `
  with booked as (
    select joined_partition as partition, count(*) as facts, count(*) filter (where on_time) as on_time
    from warehouse.fact_booking
    group by joined_partition
  ), paid as (
    select joined_partition as partition, count(*) filter (where kind <> 'refunded') as payments,
      count(*) filter (where kind = 'refunded') as refunds, count(*) filter (where on_time) as on_time
    from warehouse.fact_payment
    group by joined_partition
  ), lost as (
    select joined_partition as partition, count(*) as contents, count(*) filter (where payment_id = '') as bookings
    from warehouse.fact_conflict
    group by joined_partition
  )
  select o.partition, coalesce(l.received, 0) as received, coalesce(l.opened, 0) as opened,
    coalesce(l.payments, 0) as payments, coalesce(l.refunds, 0) as refunds, coalesce(l.duplicate, 0) as duplicate,
    coalesce(l.late, 0) as late, coalesce(l.quarantined, 0) as quarantined, coalesce(l.lost, 0) as lost, coalesce(l.matched, 0) as matched,
    coalesce(l.booking_unmatched, 0) as "bookingUnmatched", coalesce(l.payment_unmatched, 0) as "paymentUnmatched",
    coalesce(l.waiting_payments, 0) as "waitingPayments",
    coalesce(booked.facts, 0) as "loadedBookings", coalesce(paid.payments, 0) as "loadedPayments",
    coalesce(paid.refunds, 0) as "loadedRefunds", coalesce(lost.contents, 0) as conflicts,
    coalesce(booked.on_time, 0) as "onTimeBookings", coalesce(paid.on_time, 0) as "onTimePayments",
    coalesce(lost.bookings, 0) as "bookingConflicts"
  from warehouse.ingest_offset o
  left join warehouse.ingest_ledger l on l.partition = o.partition
  left join booked on booked.partition = o.partition
  left join paid on paid.partition = o.partition
  left join lost on lost.partition = o.partition
  where o.stream = 'joined'
  order by o.partition`;

interface OnTime {
  readonly onTimeBookings: number;
  /** Refunds, too. */
  readonly onTimePayments: number;
  readonly bookingConflicts: number;
}

type Counts = Omit<LedgerFigures, 'unaccounted' | 'addsUp'>;

const none: Counts = {
  received: 0,
  opened: 0,
  payments: 0,
  refunds: 0,
  duplicate: 0,
  late: 0,
  quarantined: 0,
  lost: 0,
  matched: 0,
  bookingUnmatched: 0,
  paymentUnmatched: 0,
  waitingPayments: 0,
  loadedBookings: 0,
  loadedPayments: 0,
  loadedRefunds: 0,
  conflicts: 0,
};

/**
 * A progress event comes after the facts that it counts, so while data flows the warehouse may hold more than the ledger says,
 * and never less. Late facts are left out on both sides: one may repeat a fact that the join has forgotten. A surplus of one
 * kind does not make up for a loss of another.
 */
const judged = ({ onTimeBookings, onTimePayments, bookingConflicts, ...c }: Counts & OnTime): LedgerFigures => {
  const bookings = Math.max(0, c.opened - onTimeBookings - bookingConflicts);
  const payments = Math.max(0, c.payments + c.refunds - c.waitingPayments - onTimePayments - (c.conflicts - bookingConflicts));
  const unaccounted = bookings + payments;
  const accounted = c.opened + c.payments + c.refunds + c.duplicate + c.late + c.quarantined;
  return { ...c, unaccounted, addsUp: c.received === accounted && unaccounted === 0 };
};

const sum = (a: Counts, b: Counts): Counts => ({
  received: a.received + b.received,
  opened: a.opened + b.opened,
  payments: a.payments + b.payments,
  refunds: a.refunds + b.refunds,
  duplicate: a.duplicate + b.duplicate,
  late: a.late + b.late,
  quarantined: a.quarantined + b.quarantined,
  lost: a.lost + b.lost,
  matched: a.matched + b.matched,
  bookingUnmatched: a.bookingUnmatched + b.bookingUnmatched,
  paymentUnmatched: a.paymentUnmatched + b.paymentUnmatched,
  waitingPayments: a.waitingPayments + b.waitingPayments,
  loadedBookings: a.loadedBookings + b.loadedBookings,
  loadedPayments: a.loadedPayments + b.loadedPayments,
  loadedRefunds: a.loadedRefunds + b.loadedRefunds,
  conflicts: a.conflicts + b.conflicts,
});

/** @see Reports.ledger */
export const ledger = async (pool: pg.Pool): Promise<LedgerReport> => {
  const { rows } = await pool.query<Counts & OnTime & { readonly partition: number }>(statement);
  const partitions = rows.map(({ partition, ...counts }) => ({ partition, ...judged(counts) }));
  const unaccounted = partitions.reduce((missing, each) => missing + each.unaccounted, 0);
  // Nor does one partition's surplus make up for another's loss.
  const addsUp = partitions.every((each) => each.addsUp);
  return { partitions, total: { ...partitions.reduce<Counts>(sum, none), unaccounted, addsUp } };
};
