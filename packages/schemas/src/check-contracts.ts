import { compare, compose, fieldsOf, judge, unfounded } from './compatibility.ts';
import type { Contract, Version } from './contract.ts';
import { fileOf, jsonSchema, publishedForm, schemaOf } from './published.ts';
import type { JsonSchema } from './published.ts';
import { readValue } from './read.ts';
import { variantsOf } from './variants.ts';

/** Text files by name; undefined for one that is not there. */
export type Files = (name: string) => string | undefined;

const parsed = (text: string): JsonSchema => jsonSchema.parse(JSON.parse(text));

/** What differs between a published version and the code, which may not differ at all. */
const editsOf = (published: string, written: string): string => {
  const edits = compare(fieldsOf(parsed(published)), fieldsOf(parsed(written)));
  if (edits.length === 0) return 'it is written otherwise, in nothing that a document could show';
  return edits.map(({ kind, path, detail }) => `${path}: ${kind} (${detail})`).join('; ');
};

/** Whether each version is published, and is what was published. */
export const checkFrozen = (contract: Contract<unknown>, published: Files): string[] =>
  contract.versions.flatMap((version) => {
    const name = `${contract.type} ${version.version}`;
    const file = fileOf(contract.type, version.version);
    const frozen = published(file);
    const written = publishedForm(contract, version);
    if (frozen === undefined) return [`${name}: is not published: run \`pnpm contracts:publish\``];
    if (frozen === written) return [];
    const next = contract.newest + 1;
    return [
      `${name}: is published and frozen, and the code says otherwise: ${editsOf(frozen, written)}. Take it back, or add version ${next}`,
    ];
  });

/** Whether documents of an older version come out of its upcasters as the newest, whatever they leave out or hold. */
const checkUpcasters = (contract: Contract<unknown>, { version, schema }: Version, fixture: unknown): string[] => {
  const faults = new Set<string>();
  for (const document of variantsOf(fixture)) {
    if (!schema.safeParse(document).success) continue;
    const reading = readValue(document, [contract]);
    if (reading.ok || reading.reason === 'inconsistent') continue;
    faults.add(`${contract.type} ${version}: a valid document does not become a version ${contract.newest}: ${reading.detail}`);
  }
  return [...faults];
};

/** Whether every version before the newest goes with it, as the contract's mode demands, and has a fixture that shows it. */
export const checkCompatibility = (contract: Contract<unknown>, fixtures: Files): string[] => {
  const { type, versions, mode, newest } = contract;
  const fields = versions.map((version) => fieldsOf(jsonSchema.parse(schemaOf(version, { descriptions: false }))));
  const latest = fields[newest - 1];
  if (!latest) return [];
  const faults: string[] = [];
  for (const [index, version] of versions.entries()) {
    const own = fields[index];
    const before = fields[index - 1];
    const name = `${type} ${version.version}`;
    if (own && before) faults.push(...unfounded(before, own, version.changes).map((fault) => `${name}: ${fault}`));
    if (own && version.version < newest) {
      const { renamed, dropped } = compose(versions.slice(index + 1).map(({ changes }) => changes));
      // The constant that names the version is another in each.
      const differences = compare(own, latest, renamed).filter(({ path }) => path !== '/dataschema');
      faults.push(...judge(mode, differences, dropped).map((fault) => `${type} ${version.version} to ${newest}: ${fault}`));
    }
    const fixture = fixtures(fileOf(type, version.version));
    if (fixture === undefined) faults.push(`${name}: has no fixture; add fixtures/${fileOf(type, version.version)}`);
    else faults.push(...checkUpcasters(contract, version, JSON.parse(fixture)));
  }
  return faults;
};
