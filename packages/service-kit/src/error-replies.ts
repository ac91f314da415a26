import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

import { errorChain } from './error-chain.ts';
import { Problem, PROBLEM_TYPE } from './problem.ts';
import { faultsOf, InvalidPart } from './request-faults.ts';

const isOwnErrorOfFastify = (error: unknown): error is FastifyError =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('FST_');

/** Only Fastify's own words about a request are passed on; the message of any other error may hold anything. */
const toProblem = (error: unknown, request: FastifyRequest): Problem => {
  if (error instanceof Problem) return error;
  if (error instanceof InvalidPart) {
    const errors = faultsOf(error, request);
    const detail =
      errors.length === 1 ? 'A field of the request is not valid' : `${errors.length} fields of the request are not valid`;
    return new Problem({ status: 400, detail, extensions: { errors } });
  }
  if (isOwnErrorOfFastify(error) && error.statusCode !== undefined && error.statusCode < 500) {
    return new Problem({ status: error.statusCode, detail: error.message });
  }
  if (isOwnErrorOfFastify(error) && error.code === 'FST_ERR_HANDLER_TIMEOUT') {
    return new Problem({ status: 503, detail: 'The answer took too long', cause: error });
  }
  return new Problem({ status: 500, cause: error });
};

const send = (problem: Problem, request: FastifyRequest, reply: FastifyReply): void => {
  const { type, title, status, detail, extensions } = problem;
  void reply
    .code(status)
    .type(PROBLEM_TYPE)
    .header('cache-control', 'no-store')
    // Hooks set it too, but an address that cannot be parsed is answered before any hook runs.
    .header('x-request-id', request.id)
    // A route's own schema for this status must not be able to turn an error into another error.
    .serializer(JSON.stringify)
    .send({ type, title, status, detail, requestId: request.id, ...extensions });
};

/** Answers any error as a problem; what is not the caller's fault is logged, and nothing of its inside is sent. */
export const replyWithProblem = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
  const problem = toProblem(error, request);
  if (problem.status >= 500) {
    const cause = problem.cause ?? problem;
    const at = { method: request.method, route: request.routeOptions.url, status: problem.status };
    request.log.error({ ...at, err: cause, chain: errorChain(cause) }, 'request failed');
  }
  send(problem, request, reply);
};

/** Answers a request that no route takes. */
export const replyNotFound = (request: FastifyRequest, reply: FastifyReply): void => {
  const path = request.url.split('?', 1)[0];
  send(new Problem({ status: 404, detail: `Nothing answers ${request.method} ${path}` }), request, reply);
};
