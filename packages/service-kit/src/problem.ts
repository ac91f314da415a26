import { STATUS_CODES } from 'node:http';

import { z } from 'zod';

/** One field of a request that cannot be used. */
const fieldFaultSchema = z.object({
  in: z.enum(['body', 'querystring', 'params', 'headers']).describe('The part of the request that holds the field'),
  path: z.string().describe('JSON Pointer (RFC 6901) to the field inside that part; empty for the part as a whole'),
  message: z.string().describe('What is wrong with it'),
});
export type FieldFault = z.output<typeof fieldFaultSchema>;

/** The body of every error response, RFC 9457; further members may follow. */
export const problemSchema = z
  .looseObject({
    type: z.string().describe('URI reference of the kind of problem; about:blank when the status says it all'),
    title: z.string().describe('Short name of the kind of problem'),
    status: z.int().min(400).max(599).describe('The HTTP status'),
    detail: z.string().optional().describe('What went wrong this time'),
    requestId: z.string().optional().describe('As in the x-request-id header; the service logs it too'),
    errors: z.array(fieldFaultSchema).optional().describe('Every field at fault, when the request was not valid'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' });

/** The media type of `problemSchema`. */
export const PROBLEM_TYPE = 'application/problem+json';

/** What a `Problem` is made of; `title` defaults to the status's own name. */
export interface ProblemInit {
  readonly status: number;
  readonly title?: string;
  readonly detail?: string;
  readonly type?: string;
  /** Further members of the body. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** What led to it; logged when the status is 500 or above, never sent. */
  readonly cause?: unknown;
}

/** Thrown by a route to answer with a problem: `throw new Problem({ status: 404, detail: 'no run r1' })`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly title: string;
  readonly type: string;
  readonly detail: string | undefined;
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor({
    status,
    title = STATUS_CODES[status] ?? 'Error',
    detail,
    type = 'about:blank',
    extensions = {},
    cause,
  }: ProblemInit) {
    super(detail ?? title, cause === undefined ? {} : { cause });
    this.status = status;
    this.title = title;
    this.type = type;
    this.detail = detail;
    this.extensions = extensions;
  }
}

const problemResponse = (status: number) => ({
  description: STATUS_CODES[status] ?? 'Error',
  content: { [PROBLEM_TYPE]: { schema: problemSchema } },
});

type ProblemResponses<S extends number> = Record<S, ReturnType<typeof problemResponse>>;

const complete = <S extends number>(found: Partial<ProblemResponses<S>>, statuses: readonly S[]): found is ProblemResponses<S> =>
  statuses.every((status) => status in found);

/** Error responses for a route's `schema.response`: `response: { 200: ok, ...problemResponses(400, 404) }`. */
export const problemResponses = <const S extends number>(...statuses: readonly S[]): ProblemResponses<S> => {
  const responses: Partial<ProblemResponses<S>> = {};
  for (const status of statuses) responses[status] = problemResponse(status);
  // Were a status possibly absent in the type, Fastify would type the route's whole answer as unknown.
  if (!complete(responses, statuses)) throw new TypeError('unreachable: every status was set');
  return responses;
};
