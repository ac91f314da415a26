import type { z } from 'zod';

/** Why an event is in quarantine. `clock-skew` is found where the broker's time is known, the others by reading. */
export const quarantineReasons = [
  'malformed-json',
  'unknown-contract',
  'unknown-version',
  'invalid',
  'inconsistent',
  'clock-skew',
] as const;

/** @see quarantineReasons */
export type QuarantineReason = (typeof quarantineReasons)[number];

/** A field at fault: its place as a JSON Pointer (RFC 6901; empty for the whole event), and what was expected there. */
export interface Fault {
  readonly pointer: string;
  readonly message: string;
}

/** Why there is no event: the reason, and every field at fault. */
export interface Unreadable {
  readonly ok: false;
  readonly reason: QuarantineReason;
  /** The faults in a line: `/data/totalMinor: expected …; …`. */
  readonly detail: string;
  readonly faults: readonly Fault[];
}

type Parsed<Event> = { readonly ok: true; readonly event: Event } | Unreadable;
type Parse<Event> = (value: unknown) => Parsed<Event>;

/** One event type with all its versions, of which a reader only ever sees the newest. Never throws on what it is given. */
export interface Contract<Event> {
  /** The CloudEvents `type`. */
  readonly type: string;
  /** The version that is written today, and that readers get. */
  readonly newest: number;
  /** Each version that can be read, with its way to the newest. */
  readonly versions: ReadonlyMap<number, Parse<Event>>;
}

// A hostile document can be wrong in a million places; twenty of them tell enough.
const mostFaults = 20;

/** Nothing to read here, and why. */
export const unreadable = (reason: QuarantineReason, found: readonly Fault[]): Unreadable => {
  const faults = found.slice(0, mostFaults);
  const more = found.length > mostFaults ? [`and ${found.length - mostFaults} more`] : [];
  const lines = faults.map(({ pointer, message }) => `${pointer || 'event'}: ${message}`);
  return { ok: false, reason, detail: [...lines, ...more].join('; '), faults };
};

const pointerTo = (path: readonly PropertyKey[]): string =>
  path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const parseWith =
  <Event>(schema: z.ZodType<Event>): Parse<Event> =>
  (value) => {
    const { success, data, error } = schema.safeParse(value);
    if (success) return { ok: true, event: data };
    return unreadable(
      'invalid',
      error.issues.map(({ path, message }) => ({ pointer: pointerTo(path), message })),
    );
  };

/** An older version: read by its own schema, then lifted by a pure upcaster to the newest. */
export const via = <Older, Newest>(schema: z.ZodType<Older>, upcast: (event: Older) => Newest): Parse<Newest> => {
  const parse = parseWith(schema);
  return (value) => {
    const parsed = parse(value);
    return parsed.ok ? { ok: true, event: upcast(parsed.event) } : parsed;
  };
};

/**
 * States a contract: its newest schema, a way from each older version to it, and its consistency rules: what the fields of one
 * event say against each other.
 */
export const defineContract = <Event>({
  type,
  newest,
  schema,
  older,
  inconsistencies = () => [],
}: {
  readonly type: string;
  readonly newest: number;
  readonly schema: z.ZodType<Event>;
  readonly older: Readonly<Record<number, Parse<Event>>>;
  readonly inconsistencies?: (event: Event) => readonly Fault[];
}): Contract<Event> => {
  const consistent =
    (parse: Parse<Event>): Parse<Event> =>
    (value) => {
      const parsed = parse(value);
      if (!parsed.ok) return parsed;
      const faults = inconsistencies(parsed.event);
      return faults.length > 0 ? unreadable('inconsistent', faults) : parsed;
    };
  const versions = [...Object.entries(older), [newest, parseWith(schema)] as const];
  return { type, newest, versions: new Map(versions.map(([version, parse]) => [Number(version), consistent(parse)])) };
};
