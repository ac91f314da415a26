import { compose, fieldsOf } from './compatibility.ts';
import type { Contract, Version } from './contract.ts';
import { dataschema } from './contract.ts';
import { contracts, hubNames, hubs } from './contracts.ts';
import { jsonSchema, schemaOf } from './published.ts';
import type { JsonSchema } from './published.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

const schemaFor = (version: Version): JsonSchema => jsonSchema.parse(schemaOf(version, { descriptions: true }));

/** What kind of value a field has, in a word or two. */
const kindOf = (texts: Iterable<string>): string => {
  const kinds = [...texts].map((text) => {
    const read: unknown = JSON.parse(text);
    if (typeof read !== 'object' || read === null) return `\`${JSON.stringify(read)}\``;
    if ('const' in read) return `\`${JSON.stringify(read.const)}\``;
    return 'type' in read ? String(read.type) : 'any';
  });
  return [...new Set(kinds)].join(', ');
};

const fieldRows = (version: Version): string[][] =>
  [...fieldsOf(schemaFor(version))].map(([path, { required, alternatives, description }]) => [
    `\`${path}\``,
    kindOf(alternatives.keys()),
    required ? 'yes' : '',
    description ?? '',
  ]);

/** What became of the fields of an older version, that are not where they were. */
const fateRows = (contract: Contract<unknown>, older: Version): string[][] => {
  const { renamed, dropped } = compose(contract.versions.slice(older.version).map(({ changes }) => changes));
  return [
    ...[...renamed].flatMap(([path, old]) => (path === old || old.endsWith('/*') ? [] : [[`\`${old}\``, `\`${path}\``]])),
    ...[...dropped].map(([path, reason]) => [`\`${path}\``, `dropped: ${reason}`]),
  ];
};

const sectionOf = (contract: Contract<unknown>): string => {
  const { type, summary, mode, newest, versions, flat } = contract;
  const on = hubNames.filter((hub) => hubs[hub].some((each: Contract<unknown>) => each.type === type));
  const latest = versions[newest - 1];
  const versionRows = versions
    .toReversed()
    .map(({ version, sunset }) => [
      String(version),
      version === newest ? 'written and read' : 'read',
      sunset ?? '',
      flat?.reader.version === version ? 'none: it has no envelope' : `\`${dataschema(type, version)}\``,
    ]);
  const older = versions
    .slice(0, -1)
    .toReversed()
    .flatMap((version) => [
      `### Version ${version.version}`,
      table(['Field', 'Type', 'Required', 'Meaning'], fieldRows(version)),
      `What is elsewhere in version ${newest}:`,
      table(['Field', `In version ${newest}`], fateRows(contract, version)),
    ]);
  return [
    `## ${type}`,
    `${summary}. On ${on.map((hub) => `\`${hub}\``).join(' and ')}; compatibility ${mode}.`,
    table(['Version', 'Status', 'Read until', 'dataschema'], versionRows),
    `### Version ${newest}`,
    ...(latest ? [table(['Field', 'Type', 'Required', 'Meaning'], fieldRows(latest))] : []),
    ...older,
  ].join('\n\n');
};

/** The catalogue of contracts, for people. */
export const catalogueText = (): string =>
  [
    '# Event contracts',
    'Generated from `packages/schemas` by `pnpm contracts:publish`; do not edit. Readers take every version that is listed and yield the newest. Paths are JSON Pointers, with `*` for the elements of an array and `<kind>` for one kind of a union. Money is a whole number of the minor unit of its currency; instants are UTC with milliseconds once read.',
    ...contracts.map(sectionOf),
    '',
  ].join('\n\n');
