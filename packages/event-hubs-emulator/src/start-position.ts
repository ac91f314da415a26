/**
 * Where a receiver begins, as its selector filter says. Sequence numbers and offsets carry whether the event at that very place is
 * wanted; `enqueuedAfter` is exclusive, in milliseconds.
 */
export type StartPosition =
  | { readonly from: 'earliest' }
  | { readonly from: 'latest' }
  | { readonly from: 'sequence-number'; readonly value: number; readonly inclusive: boolean }
  | { readonly from: 'offset'; readonly value: number; readonly inclusive: boolean }
  | { readonly from: 'enqueued-time'; readonly enqueuedAfter: number };

const FILTER = /^amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time)\s*(>=?)\s*'([^']*)'$/;

/**
 * Reads the selector of a receiver's source (`apache.org:selector-filter:string`), in the forms that Azure's SDKs send. Without a
 * selector a receiver begins at the earliest event. Returns undefined when the selector cannot be understood.
 */
export function parseStartPosition(selector: string | undefined): StartPosition | undefined {
  if (selector === undefined) return { from: 'earliest' };
  const [, kind, operator, text] = FILTER.exec(selector.trim()) ?? [];
  if (kind === undefined || text === undefined) return undefined;
  const inclusive = operator === '>=';
  if (kind === 'offset' && text === '@latest') return { from: 'latest' };
  if (kind !== 'enqueued-time' && text === '-1') return { from: 'earliest' };
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value)) return undefined;
  switch (kind) {
    case 'enqueued-time':
      return { from: 'enqueued-time', enqueuedAfter: inclusive ? value - 1 : value };
    case 'offset':
      return { from: 'offset', value, inclusive };
    default:
      return { from: 'sequence-number', value, inclusive };
  }
}
