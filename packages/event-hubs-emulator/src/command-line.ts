import { parseArgs } from 'node:util';
import type { EmulatorOptions } from './emulator-options.ts';
import { readHubFile } from './hub-files.ts';
import type { HubOptions } from './hub.ts';
import type { FsyncPolicy } from './log-options.ts';

/** What the command line and the environment ask for. */
export type CommandLine = Omit<EmulatorOptions, 'log'>;

/** A flag that is unknown, missing or wrong; the message names it and says what is expected. */
class InvalidFlag extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'InvalidFlag';
  }
}

const OPTIONS = {
  topology: { type: 'string' },
  config: { type: 'string' },
  hub: { type: 'string', multiple: true },
  host: { type: 'string' },
  port: { type: 'string' },
  'http-port': { type: 'string' },
  data: { type: 'string' },
  key: { type: 'string', multiple: true },
  fsync: { type: 'string' },
  'retention-hours': { type: 'string' },
  'retention-bytes': { type: 'string' },
} as const;

type Flags = ReturnType<typeof readFlags>;

/** The variable of a flag: `--http-port` is `EVENT_HUBS_EMULATOR_HTTP_PORT`. Those that may be repeated are lists with commas. */
const variable = (flag: string): string => `EVENT_HUBS_EMULATOR_${flag.toUpperCase().replaceAll('-', '_')}`;

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (cause) {
    throw new InvalidFlag(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Flags win over the environment. */
function withEnvironment(flags: Flags, env: Readonly<Record<string, string | undefined>>): Flags {
  const found: Record<string, string | string[]> = {};
  for (const [name, option] of Object.entries(OPTIONS)) {
    const value = env[variable(name)];
    if (value !== undefined && value !== '') found[name] = 'multiple' in option ? value.split(',') : value;
  }
  return { ...found, ...flags };
}

function readHub(flag: string): [string, HubOptions] {
  const [, name, partitions] = /^([^:]+):(\d+)$/.exec(flag) ?? [];
  if (name === undefined || partitions === undefined)
    throw new InvalidFlag(`--hub ${flag}: expected <name>:<partitions>, such as bookings:4`);
  return [name, { partitions: Number(partitions) }];
}

function readKey(flag: string): [string, string] {
  const at = flag.indexOf('=');
  // The message must not repeat a secret.
  if (at < 1 || at === flag.length - 1) throw new InvalidFlag('--key: expected <name>=<secret>');
  return [flag.slice(0, at), flag.slice(at + 1)];
}

function readPort(flag: string, text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidFlag(`--${flag} ${text}: expected a number from 0 (any free port) to 65535`);
  return Number(text);
}

function readAmount(flag: string, text: string): number {
  const amount = Number(text);
  if (text.trim() === '' || !Number.isFinite(amount) || amount <= 0)
    throw new InvalidFlag(`--${flag} ${text}: expected a number above 0`);
  return amount;
}

function readPolicy(text: string): FsyncPolicy {
  if (text === 'always' || text === 'interval' || text === 'never') return text;
  throw new InvalidFlag(`--fsync ${text}: expected always, interval or never`);
}

/** Reads the flags, and from `env` what they do not say; `read` returns a file's text. Throws InvalidFlag and InvalidFile. */
export function parseCommandLine(
  args: readonly string[],
  read: (path: string) => string,
  env: Readonly<Record<string, string | undefined>> = {},
): CommandLine {
  const flags = withEnvironment(readFlags(args), env);
  const { topology, config, hub = [], host = 'localhost', port = '5672', data, key = [], fsync } = flags;
  const { 'http-port': httpPort, 'retention-hours': hours, 'retention-bytes': bytes } = flags;
  const hubs = {
    ...(topology !== undefined && readHubFile('topology', topology, read)),
    ...(config !== undefined && readHubFile('config', config, read)),
    ...Object.fromEntries(hub.map(readHub)),
  };
  if (Object.keys(hubs).length === 0)
    throw new InvalidFlag('--hub or --topology: at least one hub is needed, such as --hub bookings:4');
  const ports = { port: readPort('port', port), ...(httpPort !== undefined && { httpPort: readPort('http-port', httpPort) }) };
  if (data === undefined || data === '') throw new InvalidFlag('--data: expected the directory in which events are kept');
  if (host === '') throw new InvalidFlag('--host: expected a host name or an IP address');
  return {
    hubs,
    host,
    ...ports,
    dataDirectory: data,
    ...(key.length > 0 && { keys: Object.fromEntries(key.map(readKey)) }),
    ...(fsync !== undefined && { fsync: readPolicy(fsync) }),
    ...(hours !== undefined && { retentionMs: readAmount('retention-hours', hours) * 3_600_000 }),
    ...(bytes !== undefined && { retentionBytes: readAmount('retention-bytes', bytes) }),
  };
}
