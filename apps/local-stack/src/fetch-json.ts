import { z } from 'zod';

/** A service answered with something other than what was expected, or not at all. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
}

/** How to ask. */
export interface FetchOptions {
  /** What to POST; without it, GET. */
  readonly body?: object;
  /** How long to wait for the whole answer, ms: a service gives up on a request after 30 s, and one that was stopped never does. */
  readonly withinMs?: number;
}

/** Asks, and reads the answer. @throws {ServiceError} for no answer, none in time, or any but a successful one. */
export const fetchJson = async <S extends z.ZodType>(
  url: string,
  schema: S,
  { body, withinMs = 40_000 }: FetchOptions = {},
): Promise<z.output<S>> => {
  const request = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const signal = AbortSignal.timeout(withinMs);
  let answer: { readonly status: number; readonly ok: boolean; readonly text: string };
  try {
    const response = await fetch(url, { ...request, signal });
    answer = { status: response.status, ok: response.ok, text: await response.text() };
  } catch (error) {
    throw new ServiceError(`${url}: no answer${signal.aborted ? ` within ${withinMs} ms` : ''}`, { cause: error });
  }
  if (!answer.ok) throw new ServiceError(`${url}: answered ${answer.status} ${answer.text}`);
  return schema.parse(JSON.parse(answer.text));
};
