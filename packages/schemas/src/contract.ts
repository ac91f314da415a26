import type { z } from 'zod';
import { standardCheck } from './standard.ts';

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

/** How the versions of a contract may differ; `compatibility.ts` says what each mode forbids. */
export type CompatibilityMode = 'FULL_TRANSITIVE' | 'BACKWARD_TRANSITIVE';

/**
 * What a version says of the one before: which of its fields have another name now, and which are gone, and why. Paths are JSON
 * Pointers with `*` for the elements of an array.
 */
export interface Changes {
  /** New path to old path. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** Old path to the reason. */
  readonly dropped?: Readonly<Record<string, string>>;
}

/** One version of a contract, as much of it as documents and the compatibility check look at. */
export interface Version {
  readonly version: number;
  readonly schema: z.ZodType;
  /** The last day (`2027-12-31`) on which it is read; undefined while none is set. */
  readonly sunset: string | undefined;
  readonly changes: Changes;
}

/** One event type with all its versions, of which a reader only ever sees the newest. Never throws on what it is given. */
export interface Contract<Event> {
  /** The CloudEvents `type`. */
  readonly type: string;
  /** What it says, in a sentence. */
  readonly summary: string;
  readonly mode: CompatibilityMode;
  /** The version that is written today, and that readers get. */
  readonly newest: number;
  /** Oldest first. */
  readonly versions: readonly Version[];
  /** By the `dataschema` of the envelope. */
  readonly readers: ReadonlyMap<string, Reader<Event>>;
  /** For documents without an envelope, where a version has none. */
  readonly flat: { readonly reader: Reader<Event>; readonly fits: (value: object) => boolean } | undefined;
}

/** A version, and the way of its events to the newest. */
interface Reader<Event> {
  readonly version: number;
  readonly parse: Parse<Event>;
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

const parseWith = <Event>(schema: z.ZodType<Event>): Parse<Event> => {
  const isStandard = standardCheck(schema);
  const fits = (value: unknown): value is Event => isStandard(value);
  return (value) => {
    if (fits(value)) return { ok: true, event: value };
    const { success, data, error } = schema.safeParse(value);
    if (success) return { ok: true, event: data };
    return unreadable(
      'invalid',
      error.issues.map(({ path, message }) => ({ pointer: pointerTo(path), message })),
    );
  };
};

/** `urn:boxoffice:<type>:<version>`: how an event names the contract that it was written under. */
export const dataschema = (type: string, version: number): string => `urn:boxoffice:${type}:${version}`;

/** The versions of a contract up to one whose events are `Event`. */
export interface Versions<Event> {
  readonly all: readonly Version[];
  readonly parsers: readonly Parse<Event>[];
  /** Adds the next version, with the pure function that makes one of its events of one of the version before. */
  next<Newer>(
    schema: z.ZodType<Newer>,
    upcast: (event: Event) => Newer,
    notes?: Changes & { readonly sunset?: string },
  ): Versions<Newer>;
}

const versionsOf = <Event>(all: readonly Version[], parsers: readonly Parse<Event>[]): Versions<Event> => ({
  all,
  parsers,
  next(schema, upcast, { sunset, ...changes } = {}) {
    const version = (all.at(-1)?.version ?? 0) + 1;
    const lifted = parsers.map((parse) => (value: unknown) => {
      const parsed = parse(value);
      return parsed.ok ? { ok: true as const, event: upcast(parsed.event) } : parsed;
    });
    return versionsOf([...all, { version, schema, sunset, changes }], [...lifted, parseWith(schema)]);
  },
});

/** The first version of a contract. */
export const firstVersion = <Event>(schema: z.ZodType<Event>, { sunset }: { readonly sunset?: string } = {}): Versions<Event> =>
  versionsOf([{ version: 1, schema, sunset, changes: {} }], [parseWith(schema)]);

/**
 * States a contract: its versions, and its consistency rules: what the fields of one event say against each other. An event of an
 * older version is lifted to the newest and has to be valid there as well.
 */
export const defineContract = <Event>({
  type,
  summary,
  mode = 'FULL_TRANSITIVE',
  versions: { all, parsers },
  isFlat,
  inconsistencies = () => [],
}: {
  readonly type: string;
  readonly summary: string;
  readonly mode?: CompatibilityMode;
  readonly versions: Versions<Event>;
  /** Given where version 1 has no envelope: whether a document without one is of this contract. */
  readonly isFlat?: (value: object) => boolean;
  readonly inconsistencies?: (event: Event) => readonly Fault[];
}): Contract<Event> => {
  const newest = all.length;
  const standardise = parsers[newest - 1];
  if (!standardise) throw new TypeError(`${type}: a contract has a version`);
  const readers = parsers.map((parse, index) => {
    const read = (value: unknown): Parsed<Event> => {
      const found = parse(value);
      const parsed = found.ok && parse !== standardise ? standardise(found.event) : found;
      if (!parsed.ok) return parsed;
      const faults = inconsistencies(parsed.event);
      return faults.length > 0 ? unreadable('inconsistent', faults) : parsed;
    };
    return { version: index + 1, parse: read };
  });
  const [first] = readers;
  return {
    type,
    summary,
    mode,
    newest,
    versions: all,
    readers: new Map(readers.slice(isFlat ? 1 : 0).map((reader) => [dataschema(type, reader.version), reader])),
    flat: first && isFlat && { reader: first, fits: isFlat },
  };
};
