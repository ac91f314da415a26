import type { FastifyRequest, FastifySchemaCompiler } from 'fastify';
import { z } from 'zod';

import type { FieldFault } from './problem.ts';

type Part = FieldFault['in'];

/** The order in which Fastify checks the parts of a request; it stops at the first that fails. */
const PARTS: readonly Part[] = ['params', 'body', 'querystring', 'headers'];

/** What zod found wrong with one part of a request. */
export class InvalidPart extends Error {
  override readonly name = 'InvalidPart';
  readonly issues: readonly z.core.$ZodIssue[];
  /** Filled in by Fastify, which alone knows the part. */
  validationContext?: Part;

  constructor(issues: readonly z.core.$ZodIssue[]) {
    super('invalid request');
    this.issues = issues;
  }
}

/**
 * Like the validator of fastify-type-provider-zod, except that it keeps zod's own issues: that one joins paths with `/`
 * unescaped, so the field `a/b` cannot be told from `b` inside `a`.
 */
export const validatorCompiler: FastifySchemaCompiler<z.core.$ZodType> =
  ({ schema }) =>
  (data) => {
    const result = z.safeParse(schema, data);
    return result.success ? { value: result.data } : { error: new InvalidPart(result.error.issues) };
  };

const pointer = (path: readonly PropertyKey[]): string =>
  path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const faultsOfIssue = (part: Part, issue: z.core.$ZodIssue, base: readonly PropertyKey[] = []): FieldFault[] => {
  const path = [...base, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ in: part, path: pointer([...path, key]), message: 'Unknown field' }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The alternative that came closest speaks for the union; all of them would bury the fault the caller can act on.
    const closest = issue.errors.reduce((best, candidate) => (candidate.length < best.length ? candidate : best));
    return closest.flatMap((inner) => faultsOfIssue(part, inner, path));
  }
  return [{ in: part, path: pointer(path), message: issue.message }];
};

const partOf = (request: FastifyRequest, part: Part): unknown => (part === 'querystring' ? request.query : request[part]);

/**
 * Every field at fault in every part of the request. Fastify stopped at the part of `error`; those it did not come to are
 * checked here. Those before it passed, and hold converted values that must not be checked twice.
 */
export const faultsOf = (error: InvalidPart, request: FastifyRequest): FieldFault[] => {
  const stoppedAt = error.validationContext ?? 'body';
  const unchecked = PARTS.slice(PARTS.indexOf(stoppedAt) + 1).flatMap((part) => {
    const result: unknown = request.getValidationFunction(part)?.(partOf(request, part) ?? null);
    const found = typeof result === 'object' && result !== null && 'error' in result ? result.error : undefined;
    return found instanceof InvalidPart ? found.issues.flatMap((issue) => faultsOfIssue(part, issue)) : [];
  });
  return [...error.issues.flatMap((issue) => faultsOfIssue(stoppedAt, issue)), ...unchecked];
};
