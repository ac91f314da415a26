type Path = readonly (string | number)[];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function* places(value: unknown, path: Path = []): Generator<Path> {
  yield path;
  if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* places(item, [...path, index]);
  else if (isObject(value)) for (const [name, field] of Object.entries(value)) yield* places(field, [...path, name]);
}

const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (inner, step) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined),
    value,
  );

const changed = (document: unknown, path: Path, change: (parent: object, last: string | number) => void): unknown => {
  const copy = structuredClone(document);
  const parent = at(copy, path.slice(0, -1));
  const last = path.at(-1);
  if (typeof parent === 'object' && parent !== null && last !== undefined) change(parent, last);
  return copy;
};

/** Values that are at the edge of what fields of this kind commonly take. */
const edgesOf = (value: unknown): unknown[] => {
  if (typeof value === 'number') return [0, 1, 1000, 1_000_000_000_000, 10_000_000];
  if (typeof value === 'string') return ['x', 'x'.repeat(128), 'x'.repeat(200)];
  if (Array.isArray(value)) return [value.slice(0, 1)];
  return [null];
};

/**
 * Documents like this one: with each field left out, and with each at the edges of what it may be. Not all of them are valid; what
 * is has to survive its upcasters.
 */
export function* variantsOf(document: unknown): Generator {
  yield document;
  for (const path of places(document)) {
    if (path.length === 0) continue;
    yield changed(document, path, (parent, last) => void Reflect.deleteProperty(parent, last));
    for (const edge of edgesOf(at(document, path)))
      yield changed(document, path, (parent, last) => void Reflect.set(parent, last, edge));
  }
}
