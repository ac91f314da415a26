import { z } from 'zod';
import { ServiceError, fetchJson } from './fetch-json.ts';

const count = z.int();
const input = z.object({ checkpointedTo: z.int(), open: count });
const pair = z.object({
  partition: z.int(),
  phase: z.string(),
  generation: count,
  watermark: z.iso.datetime().nullable(),
  bookings: input,
  payments: input,
  ledger: z.object({ received: count, opened: count, refunds: count, late: count, quarantined: count }),
  outputs: z.object({ matched: count, bookingUnmatched: count, paymentUnmatched: count }),
});
const pairs = z.object({ partitions: z.array(pair) });

/** Where a pair of partitions stands, as a joiner tells it. */
export type JoiningPair = z.infer<typeof pair>;

/** A joiner answers from memory: one that takes longer stands still, and another may have its partitions by now. */
const answersWithinMs = 2000;

/**
 * Asks all joiners side by side where their pairs stand; in order of partition. Of a pair that several list the newest owner's word
 * counts: a former owner lists it for a while. Joiners that do not answer are left out, and so, then, are pairs that nobody lists.
 * @throws {ServiceError} when none of them answers.
 */
export const joiningOf = async (
  urls: readonly string[],
  withinMs = answersWithinMs,
): Promise<{ readonly partitions: readonly JoiningPair[] }> => {
  const silent: ServiceError[] = [];
  const ask = async (url: string): Promise<readonly JoiningPair[]> => {
    try {
      return (await fetchJson(`${url}/v1/partitions`, pairs, { withinMs })).partitions;
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      silent.push(error);
      return [];
    }
  };
  const listed = await Promise.all(urls.map(ask));
  const [first] = silent;
  if (first && silent.length === urls.length) throw first;
  const newest = new Map<number, JoiningPair>();
  for (const each of listed.flat()) {
    const known = newest.get(each.partition);
    if (!known || known.generation < each.generation) newest.set(each.partition, each);
  }
  return { partitions: [...newest.values()].toSorted((a, b) => a.partition - b.partition) };
};
