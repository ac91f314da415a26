import { z } from 'zod';

/**
 * Whether a value is such that parsing returns it as it is. `true` only if so; after `false` parsing has to say whether the value
 * can be standardised, and what is wrong with it where it cannot.
 */
export type IsStandard = (value: unknown) => boolean;

// By definition object: `.describe()` and `.meta()` keep it, and whatever adds a check makes another.
const leaves = new WeakMap<object, IsStandard>();

/** Says of a schema of strings which of them it returns as they are. A test holds each `isStandard` against its schema. */
export const leaf = <Schema extends z.ZodType>(schema: Schema, isStandard: (value: string) => boolean): Schema =>
  leafOf(schema, (value) => typeof value === 'string' && isStandard(value));

/** As `leaf`, for single values of any kind. */
export const leafOf = <Schema extends z.ZodType>(schema: Schema, isStandard: IsStandard): Schema => {
  leaves.set(schema.def, isStandard);
  return schema;
};

const bounds = z.object({
  minimum: z.number().default(-Infinity),
  maximum: z.number().default(Infinity),
  minItems: z.number().default(0),
  maxItems: z.number().default(Infinity),
  type: z.string().optional(),
});
const boundsOf = (schema: z.ZodType) => bounds.parse(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

const ofObject = ({ shape }: z.ZodObject, place: string): IsStandard => {
  const fields = Object.entries(shape).map(([name, schema]) => {
    const optional = schema instanceof z.ZodExactOptional;
    return { name, optional, isStandard: standardCheck(optional ? schema.unwrap() : schema, `${place}/${name}`) };
  });
  const { length } = fields;
  const inAnyOrder: IsStandard = (value) => {
    if (!isRecord(value)) return false;
    let unknown = Object.keys(value).length;
    for (const { name, optional, isStandard } of fields) {
      const field = value[name];
      if (field === undefined && optional) continue;
      if (!isStandard(field)) return false;
      unknown -= 1;
    }
    return unknown === 0;
  };
  return (value) => {
    if (!isRecord(value)) return false;
    // Most writers keep the order of the schema, and going along with theirs costs half of looking each field up.
    let next = 0;
    for (const name in value) {
      while (next < length && fields[next]!.name !== name) {
        if (!fields[next]!.optional) return inAnyOrder(value);
        next += 1;
      }
      if (next === length) return inAnyOrder(value);
      if (!fields[next]!.isStandard(value[name])) return false;
      next += 1;
    }
    while (next < length && fields[next]!.optional) next += 1;
    return next === length;
  };
};

const ofArray = (schema: z.ZodArray, place: string): IsStandard => {
  const { minItems, maxItems } = boundsOf(schema);
  const isStandard = standardCheck(schema.element, `${place}/*`);
  return (value) => {
    if (!Array.isArray(value) || value.length < minItems || value.length > maxItems) return false;
    for (const item of value) if (!isStandard(item)) return false;
    return true;
  };
};

const ofNumber = (schema: z.ZodNumber): IsStandard => {
  const { type, minimum, maximum } = boundsOf(schema);
  const integer = type === 'integer';
  return (value) =>
    typeof value === 'number' &&
    value >= minimum &&
    value <= maximum &&
    (!integer || Number.isSafeInteger(value)) &&
    Number.isFinite(value);
};

/**
 * Makes the check from the schema itself, so that the common event, which is standard already, costs a look and no copy.
 * @throws {TypeError} for a kind of schema that it does not know, at `place`.
 */
export const standardCheck = (schema: z.core.$ZodType, place = ''): IsStandard => {
  if (!(schema instanceof z.ZodType)) throw new TypeError(`${place || 'event'}: a schema of zod's core is not known here`);
  const known = leaves.get(schema.def);
  if (known) return known;
  if (schema instanceof z.ZodObject) return ofObject(schema, place);
  if (schema instanceof z.ZodArray) return ofArray(schema, place);
  if (schema instanceof z.ZodNumber) return ofNumber(schema);
  if (schema instanceof z.ZodNullable) {
    const isStandard = standardCheck(schema.unwrap(), place);
    return (value) => value === null || isStandard(value);
  }
  if (schema instanceof z.ZodLiteral || schema instanceof z.ZodEnum) {
    const values: ReadonlySet<unknown> = new Set(schema instanceof z.ZodEnum ? schema.options : schema.values);
    const [only] = values;
    return values.size === 1 ? (value) => value === only : (value) => values.has(value);
  }
  if (schema instanceof z.ZodUnion) {
    const options = schema.options.map((option) => standardCheck(option, place));
    return (value) => options.some((isStandard) => isStandard(value));
  }
  throw new TypeError(`${place || 'event'}: no standard form is known of a ${schema.def.type}; state it with leaf()`);
};
