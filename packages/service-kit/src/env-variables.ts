import { z } from 'zod';

import { variableOf } from './read-env.ts';

/** What a README table or a line of `.env.example` says of a setting. */
export interface EnvVariable {
  readonly variable: string;
  /** As one would write it in the environment; absent when there is none. */
  readonly default?: string;
  /** From `.describe()` or `.meta({ description })`; empty when the field has neither. */
  readonly description: string;
  /** True when a service does not start without it. */
  readonly required: boolean;
}

/** A field and what it wraps, from the outside in: `.default()` and `.meta()` may have been called in either order. */
const layers = (field: z.core.$ZodType): z.core.$ZodType[] => {
  if (field instanceof z.ZodPipe) return [field, ...layers(field.in)];
  const wraps =
    field instanceof z.ZodDefault ||
    field instanceof z.ZodPrefault ||
    field instanceof z.ZodOptional ||
    field instanceof z.ZodNullable ||
    field instanceof z.ZodReadonly;
  return wraps ? [field, ...layers(field.unwrap())] : [field];
};

const defaultOf = (layer: z.core.$ZodType): unknown =>
  layer instanceof z.ZodDefault || layer instanceof z.ZodPrefault ? layer.def.defaultValue : undefined;

/** The environment variables of a schema for `readEnv`, in the order of its fields. */
export const envVariables = (schema: z.ZodObject): EnvVariable[] =>
  Object.entries(schema.shape).map(([key, field]) => {
    const inside = layers(field);
    const value = inside.map(defaultOf).find((candidate) => candidate !== undefined);
    return {
      variable: variableOf(key),
      ...(value === undefined ? {} : { default: typeof value === 'string' ? value : JSON.stringify(value) }),
      description: inside.map((layer) => z.globalRegistry.get(layer)?.description).find(Boolean) ?? '',
      required: !z.safeParse(field, undefined).success,
    };
  });
