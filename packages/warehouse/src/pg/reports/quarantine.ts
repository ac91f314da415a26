import type pg from 'pg';
import { checkLimit, page, readCursor } from '../../cursor.ts';
import { InvalidCursorError } from '../../errors.ts';
import type { Page, PageRequest, QuarantineRow } from '../../reports.ts';

const statement = `
  select entry, id, hub, partition, sequence_number as "sequenceNumber", message_index as index, enqueued_at as "enqueuedAt",
    reason, detail, replace(encode(body, 'base64'), chr(10), '') as "bodyBase64", body_bytes as "bodyBytes",
    loaded_at as "loadedAt"
  from warehouse.quarantine
  where $1::bigint is null or entry < $1
  order by entry desc
  limit $2`;

/** @see Reports.quarantine */
export const quarantine = async (pool: pg.Pool, { limit, after }: PageRequest): Promise<Page<QuarantineRow>> => {
  const [entry = null] = readCursor(after, 1);
  if (entry !== null && !/^\d{1,18}$/.test(entry))
    throw new InvalidCursorError(`the cursor names entry ${JSON.stringify(entry)}, which is no number`);
  const { rows } = await pool.query<QuarantineRow & { readonly entry: number }>(statement, [entry, checkLimit(limit) + 1]);
  const entries = rows.map(({ entry: number, ...row }) => ({ number, row }));
  const found = page(entries, limit, ({ number }) => [String(number)]);
  return { rows: found.rows.map(({ row }) => row), next: found.next };
};
