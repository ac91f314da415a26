import { z } from 'zod';

/** A service answered with something other than what was expected, or not at all. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
}

/** GETs, or with `body` POSTs, and reads the answer. @throws {ServiceError} for no answer, or any but a successful one. */
export const fetchJson = async <S extends z.ZodType>(url: string, schema: S, body?: object): Promise<z.output<S>> => {
  const request = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  let answer: { readonly status: number; readonly ok: boolean; readonly text: string };
  try {
    const response = await fetch(url, request ?? {});
    answer = { status: response.status, ok: response.ok, text: await response.text() };
  } catch (error) {
    throw new ServiceError(`${url}: no answer`, { cause: error });
  }
  if (!answer.ok) throw new ServiceError(`${url}: answered ${answer.status} ${answer.text}`);
  return schema.parse(JSON.parse(answer.text));
};
