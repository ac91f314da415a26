import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { checkCompatibility, checkFrozen } from './check-contracts.ts';
import { compare, compose, fieldsOf, judge } from './compatibility.ts';
import { defineContract, firstVersion } from './contract.ts';
import type { Changes, Contract, CompatibilityMode } from './contract.ts';
import { contracts } from './contracts.ts';
import { documents } from './documents.ts';
import { fileOf, jsonSchema, publishedForm } from './published.ts';
import { verbatim } from './text.ts';

const file = (name: string): string | undefined => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const fields = (schema: z.ZodType) => fieldsOf(jsonSchema.parse(z.toJSONSchema(schema, { io: 'input' })));
const differences = (before: z.ZodType, after: z.ZodType, renamed: Record<string, string> = {}) =>
  compare(fields(before), fields(after), new Map(Object.entries(renamed))).map(({ kind, path }) => `${kind} ${path}`);

const between = (low: number, high: number) => z.object({ a: z.int().min(low).max(high) });

describe('what is published', () => {
  test.for(contracts.flatMap((contract) => contract.versions.map((version) => ({ contract, version, n: version.version }))))(
    '$contract.type $n is byte for byte what the code says',
    ({ contract, version, n }) => {
      expect(publishedForm(contract, version)).toBe(file(`published/${fileOf(contract.type, n)}`));
    },
  );

  test.for(Object.keys(documents))('%s is up to date', (name) => {
    expect(documents[name]?.()).toBe(file(`../../${name}`));
  });

  test('goes together, and each version has its fixture', () => {
    for (const contract of contracts) expect(checkCompatibility(contract, (name) => file(`fixtures/${name}`))).toEqual([]);
  });
});

describe('a difference', () => {
  const a = verbatim(0, 5);
  test.for([
    ['a new field that may be left out', z.object({ a }), z.object({ a, b: a.exactOptional() }), ['added optional /b']],
    ['a new field', z.object({ a }), z.object({ a, b: z.object({ c: a }) }), ['added required /b', 'added required /b/c']],
    ['a field less', z.object({ a, b: a }), z.object({ a }), ['removed /b']],
    ['a field that must be there now', z.object({ a: a.exactOptional() }), z.object({ a }), ['narrowed /a']],
    ['a field that may be left out now', z.object({ a }), z.object({ a: a.exactOptional() }), ['widened /a']],
    ['a longer text', z.object({ a }), z.object({ a: verbatim(0, 6) }), ['widened /a']],
    ['a shorter text', z.object({ a }), z.object({ a: verbatim(1, 5) }), ['narrowed /a']],
    ['fewer elements', z.object({ a: z.array(a).max(9) }), z.object({ a: z.array(a).max(8) }), ['narrowed /a']],
    ['a word more', z.object({ a: z.enum(['x']) }), z.object({ a: z.enum(['x', 'y']) }), ['widened /a']],
    ['a word less', z.object({ a: z.enum(['x', 'y']) }), z.object({ a: z.enum(['x']) }), ['narrowed /a']],
    ['null no more', z.object({ a: a.nullable() }), z.object({ a }), ['narrowed /a']],
    ['another type', z.object({ a }), z.object({ a: z.int() }), ['narrowed /a', 'widened /a']],
    ['a pattern', z.object({ a: z.string() }), z.object({ a: z.string().regex(/x/) }), ['narrowed /a', 'widened /a']],
    [
      'no more unknown fields',
      z.object({ a: z.object({ b: a }) }),
      z.object({ a: z.strictObject({ b: a }) }),
      ['narrowed /a', 'widened /a'],
    ],
    [
      'of one kind of a union',
      z.object({ a: z.union([z.object({ k: z.literal('x'), b: a }), z.object({ k: z.literal('y') })]) }),
      z.object({ a: z.union([z.object({ k: z.literal('x') }), z.object({ k: z.literal('y') })]) }),
      ['removed /a<x>/b'],
    ],
  ] as const)('%s is told for what it is', ([, before, after, expected]) => {
    expect(differences(before, after)).toEqual(expected);
  });

  test('under another name is a renaming, at its own and at inner paths', () => {
    const before = z.object({ seats: z.array(z.object({ n: a })) });
    const after = z.object({ items: z.array(z.object({ seat: a })) });
    const renamed = { '/items': '/seats', '/items/*': '/seats/*', '/items/*/seat': '/seats/*/n' };
    expect(differences(before, after, renamed)).toEqual(['renamed /items', 'renamed /items/*', 'renamed /items/*/seat']);
  });

  test('of a schema to itself is none', () => {
    for (const { versions } of contracts) for (const { schema } of versions) expect(differences(schema, schema)).toEqual([]);
  });

  test.for([
    ['FULL_TRANSITIVE', 'removed', false],
    ['FULL_TRANSITIVE', 'narrowed', false],
    ['FULL_TRANSITIVE', 'widened', true],
    ['FULL_TRANSITIVE', 'renamed', true],
    ['FULL_TRANSITIVE', 'added required', true],
    ['FULL_TRANSITIVE', 'added optional', true],
    ['BACKWARD_TRANSITIVE', 'removed', true],
    ['BACKWARD_TRANSITIVE', 'narrowed', false],
  ] as const)('under %s: %s is allowed: %s', ([mode, kind, allowed]) => {
    const faults = judge(mode, [{ kind, path: '/a', detail: 'd' }], new Map());
    expect(faults.length === 0).toBe(allowed);
    for (const fault of faults) for (const part of ['/a', kind, mode]) expect(fault).toContain(part);
    if (kind === 'removed') expect(judge(mode, [{ kind, path: '/a', detail: 'd' }], new Map([['/a', 'why']]))).toEqual([]);
  });

  test('over several versions: renamings lead back to the first, and what was dropped on the way is told by its first name', () => {
    const { renamed, dropped } = compose([
      { renamed: { '/b': '/a' }, dropped: { '/x': 'one' } },
      { renamed: { '/c': '/b' }, dropped: { '/y': 'two' } },
      { dropped: { '/c': 'three' } },
    ]);
    expect(renamed).toEqual(new Map([['/c', '/a']]));
    expect(dropped).toEqual(
      new Map([
        ['/x', 'one'],
        ['/y', 'two'],
        ['/a', 'three'],
      ]),
    );
  });

  test('is found wherever a bound moves', () => {
    fc.assert(
      fc.property(fc.nat(9), fc.nat(9), fc.nat(9), fc.nat(9), (low1, high1, low2, high2) => {
        const kinds = new Set(differences(between(low1, high1), between(low2, high2)));
        expect(kinds.has('narrowed /a')).toBe(low2 > low1 || high2 < high1);
        expect(kinds.has('widened /a')).toBe(low2 < low1 || high2 > high1);
      }),
    );
  });
});

describe('the gate', () => {
  const one = z.object({ id: verbatim(1, 9), note: verbatim(0, 9).exactOptional(), count: z.int().min(0).max(1000) });
  const named = { type: 'thing', dataschema: 'urn:boxoffice:thing:2' } as const;
  const two = z.object({
    type: z.literal('thing'),
    dataschema: z.literal('urn:boxoffice:thing:2'),
    id: verbatim(1, 9),
    note: verbatim(0, 9).exactOptional(),
    total: z.int().min(0).max(1000),
    unit: verbatim(1, 9),
  });
  const fixture = JSON.stringify({ id: 'x', note: 'n', count: 5 });
  const fixtures = (name: string) =>
    name.endsWith('v1.json') ? fixture : JSON.stringify({ ...named, id: 'x', total: 5, unit: 'u' });
  type One = z.infer<typeof one>;
  type Two = z.infer<typeof two>;
  const lift = ({ count, ...rest }: One): Two => ({ ...named, ...rest, total: count, unit: 'piece' });
  const forgetful = ({ note, count }: One): Two => ({
    ...named,
    id: '',
    total: count,
    unit: 'u',
    ...(note !== undefined && { note }),
  });
  const greedy = ({ count, ...rest }: One): Two => ({ ...named, ...rest, total: count * 2, unit: 'u' });
  const contractOf = (
    upcast: (event: One) => Two,
    changes: Changes,
    mode: CompatibilityMode = 'FULL_TRANSITIVE',
  ): Contract<Two> =>
    defineContract({
      type: 'thing',
      summary: 'A thing',
      mode,
      versions: firstVersion(one).next(two, upcast, changes),
      isFlat: () => true,
    });
  const check = (contract: Contract<unknown>) => checkCompatibility(contract, fixtures);

  test('lets a version pass whose upcaster carries and fills what it must', () => {
    expect(check(contractOf(lift, { renamed: { '/total': '/count' } }))).toEqual([]);
  });

  test('refuses a field that is gone without a word, and takes a reason', () => {
    expect(check(contractOf(lift, {}))).toEqual([expect.stringMatching(/thing 1 to 2: \/count: removed .*FULL_TRANSITIVE/)]);
    expect(check(contractOf(lift, { dropped: { '/count': 'nobody asks' } }))).toEqual([]);
    expect(check(contractOf(lift, {}, 'BACKWARD_TRANSITIVE'))).toEqual([]);
  });

  test('refuses an upcaster that fails a valid document, wherever it does', () => {
    const changes = { renamed: { '/total': '/count' } };
    expect(check(contractOf(forgetful, changes))).toEqual([expect.stringMatching(/does not become a version 2: \/id/)]);
    expect(check(contractOf(greedy, changes))).toEqual([expect.stringMatching(/does not become a version 2: \/total/)]);
  });

  test('refuses changes that are declared and not there, and a version without a fixture', () => {
    expect(check(contractOf(lift, { renamed: { '/total': '/count', '/x': '/y' }, dropped: { '/id': 'why' } }))).toEqual([
      'thing 2: /x: `renamed` names a field that this version does not have',
      'thing 2: /y: `renamed` names a field that the version before does not have',
      'thing 2: /id: `dropped` names a field that is still there',
    ]);
    const contract = contractOf(lift, { renamed: { '/total': '/count' } });
    const without = checkCompatibility(contract, (name) => (name === 'thing.v2.json' ? undefined : fixtures(name)));
    expect(without).toEqual(['thing 2: has no fixture; add fixtures/thing.v2.json']);
  });

  test('refuses an edit of what is published, saying what was edited, and a version that is not published', () => {
    const contract = contractOf(lift, { renamed: { '/total': '/count' } });
    const forms = new Map(contract.versions.map((each) => [fileOf('thing', each.version), publishedForm(contract, each)]));
    expect(checkFrozen(contract, (name) => forms.get(name))).toEqual([]);
    const edited = defineContract({
      type: 'thing',
      summary: '',
      versions: firstVersion(one.extend({ count: z.int().min(1).max(1000) })),
    });
    expect(checkFrozen(edited, (name) => forms.get(name))).toEqual([
      expect.stringMatching(/thing 1: is published and frozen.*\/count: narrowed \(minimum was 0, is 1\).*version 2/),
    ]);
    expect(checkFrozen(contract, () => undefined)).toHaveLength(2);
  });
});
