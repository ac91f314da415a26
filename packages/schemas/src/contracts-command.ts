// `pnpm contracts:check` and `pnpm contracts:publish`.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkCompatibility, checkFrozen } from './check-contracts.ts';
import type { Files } from './check-contracts.ts';
import { contracts } from './contracts.ts';
import { documents } from './documents.ts';
import { fileOf, publishedForm } from './published.ts';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const publishedFolder = fileURLToPath(new URL('../published/', import.meta.url));
const fixturesFolder = fileURLToPath(new URL('../fixtures/', import.meta.url));

const filesIn =
  (folder: string): Files =>
  (name) => {
    const file = path.join(folder, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };

const publish = (): string[] => {
  mkdirSync(publishedFolder, { recursive: true });
  const written: string[] = [];
  for (const contract of contracts)
    for (const version of contract.versions) {
      const file = path.join(publishedFolder, fileOf(contract.type, version.version));
      if (existsSync(file)) continue;
      writeFileSync(file, publishedForm(contract, version));
      written.push(path.relative(repository, file));
    }
  for (const [name, text] of Object.entries(documents)) {
    const file = path.join(repository, name);
    if (existsSync(file) && readFileSync(file, 'utf8') === text()) continue;
    writeFileSync(file, text());
    written.push(name);
  }
  return written;
};

const check = (): string[] => {
  const published = filesIn(publishedFolder);
  const known = new Set(contracts.flatMap(({ type, versions }) => versions.map(({ version }) => fileOf(type, version))));
  const gone = existsSync(publishedFolder) ? readdirSync(publishedFolder).filter((file) => !known.has(file)) : [];
  const inRepository = filesIn(repository);
  return [
    ...contracts.flatMap((contract) => checkFrozen(contract, published)),
    ...gone.map(
      (file) => `published/${file}: is published, and the code has no such version; what is published is read for ever`,
    ),
    ...contracts.flatMap((contract) => checkCompatibility(contract, filesIn(fixturesFolder))),
    ...Object.entries(documents).flatMap(([name, text]) =>
      inRepository(name) === text() ? [] : [`${name}: is out of date: run \`pnpm contracts:publish\``],
    ),
  ];
};

const [command] = process.argv.slice(2);
if (command === 'publish') for (const file of publish()) process.stdout.write(`wrote ${file}\n`);
if (command === 'publish' || command === 'check') {
  const faults = check();
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (faults.length > 0) process.exitCode = 1;
  else for (const { type, newest, mode } of contracts) process.stdout.write(`${type}: versions 1 to ${newest}, ${mode}\n`);
} else {
  process.stderr.write('usage: contracts-command.ts check | publish\n');
  process.exitCode = 2;
}
