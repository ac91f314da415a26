import type { Changes, CompatibilityMode } from './contract.ts';
import type { JsonSchema } from './published.ts';

/** What a field accepts, and whether it has to be there. */
interface Field {
  readonly required: boolean;
  /** What it may be, each as a canonical text, and the bounds that go with it. */
  readonly alternatives: ReadonlyMap<string, Readonly<Record<string, number>>>;
  readonly description: string | undefined;
}

/** The fields of a schema by path: JSON Pointers with `*` for the elements of an array, and `<kind>` for one kind of a union. */
export type Fields = ReadonlyMap<string, Field>;

const isContainer = ({ type }: JsonSchema): boolean => type === 'object' || type === 'array';

/** What tells the alternatives of a union of objects apart: the values of its constant fields. */
const labelOf = ({ properties }: JsonSchema, index: number): string => {
  const constants = Object.values(properties).flatMap((each) => ('const' in each ? [String(each['const'])] : []));
  return constants.join('/') || String(index);
};

const boundNames = [
  'minimum',
  'exclusiveMinimum',
  'minLength',
  'minItems',
  'maximum',
  'exclusiveMaximum',
  'maxLength',
  'maxItems',
] as const;

const boundsOf = (schema: JsonSchema): Record<string, number> =>
  Object.fromEntries(
    boundNames.flatMap((name) => {
      const value = schema[name];
      return typeof value === 'number' ? [[name, value]] : [];
    }),
  );

/** What an alternative is beside its bounds and words. */
const kindOf = (schema: JsonSchema): string => {
  const left = Object.entries(schema).filter(
    ([name]) =>
      !boundNames.some((bound) => bound === name) &&
      !['description', 'properties', 'required', 'items', 'enum', '$schema', '$id', 'title', 'anyOf', 'oneOf'].includes(name),
  );
  return JSON.stringify(Object.fromEntries(left.toSorted(([a], [b]) => (a < b ? -1 : 1))));
};

type Alternative = readonly [kind: string, bounds: Readonly<Record<string, number>>];

const alternativesOf = (schema: JsonSchema): Alternative[] => {
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.flatMap(alternativesOf);
  const { enum: values } = schema;
  if (Array.isArray(values)) return values.map((value: unknown) => [JSON.stringify(value), {}]);
  return [[kindOf(schema), boundsOf(schema)]];
};

/** Lists the fields of a JSON Schema. */
export const fieldsOf = (schema: JsonSchema): Fields => {
  const fields = new Map<string, Field>();
  const walk = (path: string, each: JsonSchema, required: boolean): void => {
    const alternatives = new Map(alternativesOf(each));
    if (path !== '') fields.set(path, { required, alternatives, description: each.description });
    for (const [name, field] of Object.entries(each.properties)) walk(`${path}/${name}`, field, each.required.includes(name));
    if (each.items) walk(`${path}/*`, each.items, true);
    const containers = (each.anyOf ?? each.oneOf ?? []).filter(isContainer);
    for (const [index, option] of containers.entries()) {
      const only = containers.length === 1;
      for (const [name, field] of Object.entries(option.properties)) {
        const place = only ? path : `${path}<${labelOf(option, index)}>`;
        walk(`${place}/${name}`, field, option.required.includes(name));
      }
    }
    for (const [index, option] of (each.anyOf ?? each.oneOf ?? []).entries())
      if (option.anyOf ?? option.oneOf) walk(`${path}<${index}>`, option, true);
  };
  walk('', schema, true);
  return fields;
};

/** The kinds of difference between two versions. */
type DifferenceKind = 'added optional' | 'added required' | 'removed' | 'renamed' | 'narrowed' | 'widened';

/** A difference: at which path of the newer version (of the older, where it is removed), and in what. */
export interface Difference {
  readonly kind: DifferenceKind;
  readonly path: string;
  readonly detail: string;
}

const lowerBounds = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'];

const compareBounds = (path: string, before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>) => {
  const found: Difference[] = [];
  for (const name of boundNames) {
    const open = lowerBounds.includes(name) ? -Infinity : Infinity;
    const [was, is] = [before[name] ?? open, after[name] ?? open];
    if (was === is) continue;
    const tighter = lowerBounds.includes(name) ? is > was : is < was;
    found.push({ kind: tighter ? 'narrowed' : 'widened', path, detail: `${name} was ${was}, is ${is}` });
  }
  return found;
};

const compareField = (path: string, before: Field, after: Field): Difference[] => {
  const found: Difference[] = [];
  if (!before.required && after.required) found.push({ kind: 'narrowed', path, detail: 'was optional, is required' });
  if (before.required && !after.required) found.push({ kind: 'widened', path, detail: 'was required, is optional' });
  for (const [name, alternative] of before.alternatives) {
    const same = after.alternatives.get(name);
    if (same) found.push(...compareBounds(path, alternative, same));
    else found.push({ kind: 'narrowed', path, detail: `no longer takes ${name}` });
  }
  for (const name of after.alternatives.keys())
    if (!before.alternatives.has(name)) found.push({ kind: 'widened', path, detail: `also takes ${name}` });
  return found;
};

/** Every difference between two versions; `renamed` goes from paths of the newer to paths of the older. */
export const compare = (before: Fields, after: Fields, renamed: ReadonlyMap<string, string> = new Map()): Difference[] => {
  const found: Difference[] = [];
  const carried = new Set(renamed.values());
  for (const [path, field] of after) {
    const old = renamed.get(path);
    const same = before.get(path);
    if (old !== undefined && old !== path && before.has(old)) found.push({ kind: 'renamed', path, detail: `was ${old}` });
    else if (same) found.push(...compareField(path, same, field));
    else found.push({ kind: field.required ? 'added required' : 'added optional', path, detail: 'is new' });
  }
  for (const path of before.keys())
    if (!after.has(path) && !carried.has(path)) found.push({ kind: 'removed', path, detail: 'is gone' });
  return found;
};

/** Whether a difference is allowed as it is, only with a reason in `dropped`, or not at all. */
type Rule = 'allowed' | 'with a reason' | 'forbidden';

/**
 * What each mode makes of each kind of difference to any version before. Reading goes through upcasters, so a new or renamed field
 * is theirs to fill, which is tried out on documents of every version. A document that was valid has to stay so: nothing may be
 * narrowed. An older reader refuses a newer version by its name and never misreads it, so widening is free.
 */
const rules: Readonly<Record<CompatibilityMode, Readonly<Record<DifferenceKind, Rule>>>> = {
  FULL_TRANSITIVE: {
    'added optional': 'allowed',
    'added required': 'allowed',
    renamed: 'allowed',
    widened: 'allowed',
    removed: 'with a reason',
    narrowed: 'forbidden',
  },
  BACKWARD_TRANSITIVE: {
    'added optional': 'allowed',
    'added required': 'allowed',
    renamed: 'allowed',
    widened: 'allowed',
    removed: 'allowed',
    narrowed: 'forbidden',
  },
};

/** What the steps from one version to a later one come to together; of each step, oldest first. */
export const compose = (steps: readonly Changes[]): { renamed: Map<string, string>; dropped: Map<string, string> } => {
  let renamed = new Map<string, string>();
  const dropped = new Map<string, string>();
  for (const step of steps) {
    const origin = (path: string): string => renamed.get(path) ?? path;
    for (const [path, reason] of Object.entries(step.dropped ?? {})) dropped.set(origin(path), reason);
    const renames = Object.entries(step.renamed ?? {});
    const moved = new Set(renames.map(([, old]) => old));
    renamed = new Map([
      ...[...renamed].filter(([path]) => !moved.has(path)),
      ...renames.map(([path, old]) => [path, origin(old)] as const),
    ]);
  }
  return { renamed, dropped };
};

/** What the mode forbids of the differences between an older version and the newest, each with its path and the rule. */
export const judge = (
  mode: CompatibilityMode,
  differences: readonly Difference[],
  dropped: ReadonlyMap<string, string>,
): string[] =>
  differences.flatMap(({ kind, path, detail }) => {
    const rule = rules[mode][kind];
    if (rule === 'allowed' || (rule === 'with a reason' && dropped.has(path))) return [];
    const remedy =
      rule === 'with a reason'
        ? 'say where it went in `renamed`, or why it may go in `dropped`'
        : 'a document that was valid would no longer be';
    return [
      `${path}: ${kind} (${detail}), which ${mode} ${rule === 'forbidden' ? 'forbids' : 'allows only with a reason'}: ${remedy}`,
    ];
  });

/** Declared changes of a step that the two versions do not bear out. */
export const unfounded = (before: Fields, after: Fields, { renamed = {}, dropped = {} }: Changes): string[] => [
  ...Object.entries(renamed).flatMap(([path, old]) => [
    ...(after.has(path) ? [] : [`${path}: \`renamed\` names a field that this version does not have`]),
    ...(before.has(old) ? [] : [`${old}: \`renamed\` names a field that the version before does not have`]),
  ]),
  ...Object.keys(dropped).flatMap((path) => {
    if (!before.has(path)) return [`${path}: \`dropped\` names a field that the version before does not have`];
    return after.has(path) ? [`${path}: \`dropped\` names a field that is still there`] : [];
  }),
];
