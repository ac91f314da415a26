import { z } from 'zod';

import { ConfigError } from './config-error.ts';
import type { ConfigFault } from './config-error.ts';
import { looksSecret, redact } from './redact.ts';

/** Environment variables by name, as in `process.env`. */
export type Env = Readonly<Record<string, string | undefined>>;

/** `idleAfterMs` -> `IDLE_AFTER_MS`. */
export const variableOf = (key: string): string => key.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2').toUpperCase();

type Issue = z.core.$ZodIssue;

const anything = z.any();

/**
 * The rules over several fields that can be judged although some fields are at fault: zod itself skips them all, and the
 * user would learn of the second fault only after mending the first. A rule that reads a faulty field is left out.
 */
const issuesOfRules = (
  schema: z.ZodObject,
  sound: Readonly<Record<string, unknown>>,
  faulty: ReadonlySet<PropertyKey>,
): Issue[] =>
  (schema.def.checks ?? []).flatMap((rule) => {
    const touched = new Set<PropertyKey>();
    const watched = new Proxy(sound, {
      get: (target, key) => (touched.add(key), Reflect.get(target, key)),
      ownKeys: (target) => (touched.add(''), Reflect.ownKeys(target)),
    });
    const judged = (): Issue[] => {
      try {
        return anything.clone({ ...anything.def, checks: [rule] }).safeParse(watched).error?.issues ?? [];
      } catch (error) {
        if (touched.isDisjointFrom(faulty)) throw error;
        return [];
      }
    };
    const issues = judged();
    return touched.has('') || !touched.isDisjointFrom(faulty) ? [] : issues;
  });

const allIssues = (schema: z.ZodObject, input: Env, error: z.ZodError): Issue[] => {
  const fields = Object.entries(schema.shape).map(([key, field]) => ({ key, result: z.safeParse(field, input[key]) }));
  const faulty = new Set(fields.filter(({ result }) => !result.success).map(({ key }) => key));
  if (faulty.size === 0) return error.issues;
  const sound = Object.fromEntries(fields.map(({ key, result }) => [key, result.data]));
  return [...error.issues, ...issuesOfRules(schema, sound, faulty)];
};

/** zod says "Invalid input: expected string, received undefined"; the line that carries it has said all but "string". */
const expectation = ({ message }: Issue): string =>
  /^(?:[^:]+: )?expected (.+?)(?:, received .+)?$/.exec(message)?.[1] ?? message;

const toFault = (schema: z.ZodObject, input: Env, key: PropertyKey | undefined, issues: readonly Issue[]): ConfigFault => {
  const expected = [...new Set(issues.map(expectation))].join(', and ');
  if (key === undefined) return { variable: Object.keys(schema.shape).map(variableOf).join(', '), expected, hidden: true };
  const variable = variableOf(String(key));
  const value = input[String(key)];
  if (value === undefined) return { variable, expected };
  return looksSecret(variable) ? { variable, expected, hidden: true } : { variable, expected, value: redact(value) };
};

/**
 * Reads a flat schema from the environment: field `idleAfterMs` from `IDLE_AFTER_MS`. An empty string counts as unset.
 *
 * Refinements over several fields name the field they blame by `path: ['field']`; their message completes the sentence
 * "expected ...", as the messages of the fields do.
 *
 * @throws ConfigError with every fault at once; values of variables that look secret are left out of it.
 */
export const readEnv = <S extends z.ZodObject>(schema: S, env: Env): z.output<S> => {
  const input: Env = Object.fromEntries(Object.keys(schema.shape).map((key) => [key, env[variableOf(key)] || undefined]));
  const result = z.safeParse(schema, input);
  if (result.success) return result.data;
  const byField = Map.groupBy(allIssues(schema, input, result.error), (issue) => issue.path[0]);
  throw new ConfigError([...byField].map(([key, issues]) => toFault(schema, input, key, issues)));
};
