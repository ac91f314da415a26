import { isDeepStrictEqual } from 'node:util';

const withoutTrace = (text: string): unknown => {
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === 'object' && parsed !== null ? { ...parsed, traceparent: undefined } : parsed;
};

/**
 * Whether two events, as JSON, say the same. A producer that sends an event again may do so in another trace, and in another order
 * of fields.
 */
export const sameContent = (a: string, b: string): boolean => a === b || isDeepStrictEqual(withoutTrace(a), withoutTrace(b));
