import { execFileSync, spawn } from 'node:child_process';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { connectSdk, temporaryDirectory } from './sdk-fixture.ts';
import { listening } from './server-process.ts';

const root = dirname(import.meta.dirname);

/** A project in which the package is installed as npm would, from what `pnpm publish` would send. */
async function installed(directory: string): Promise<string> {
  execFileSync('pnpm', ['pack', '--pack-destination', directory], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const [tarball] = (await readdir(directory)).filter((name) => name.endsWith('.tgz'));
  const modules = join(directory, 'node_modules');
  const home = join(modules, '@boxoffice', 'event-hubs-emulator');
  await mkdir(home, { recursive: true });
  execFileSync('tar', ['-xzf', join(directory, tarball!), '-C', home, '--strip-components=1']);
  for (const name of ['rhea', 'zod']) await symlink(join(root, 'node_modules', name), join(modules, name));
  return home;
}

test('what is published runs on its own: the command, and the library', { timeout: 60_000 }, async () => {
  await using directory = await temporaryDirectory();
  const home = await installed(directory.path);
  const flags = ['--hub', 'bookings:1', '--port', '0', '--data', join(directory.path, 'data')];
  const command = spawn(process.execPath, [join(home, 'dist', 'main.js'), ...flags], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const { connectionString } = await listening(command);
  {
    await using sdk = connectSdk(connectionString);
    await sdk.producer().sendBatch([{ body: 'packed' }]);
    expect(await sdk.read({ count: 1 })).toMatchObject([{ body: 'packed' }]);
  }
  command.disconnect();

  const script = join(directory.path, 'use.mjs');
  await writeFile(
    script,
    `import { startEmulator } from '@boxoffice/event-hubs-emulator';
     await using emulator = await startEmulator({ hubs: { bookings: { partitions: 1 } }, dataDirectory: process.argv[2] });
     console.log(typeof emulator.port);`,
  );
  const output = execFileSync(process.execPath, [script, join(directory.path, 'other')], { encoding: 'utf8' });
  expect(output).toBe('number\n');
});
