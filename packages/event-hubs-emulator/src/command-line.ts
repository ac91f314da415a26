import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { HubOptions } from './hub.ts';

/** What the command line asks for. */
export interface CommandLine {
  readonly hubs: Readonly<Record<string, HubOptions>>;
  readonly host: string;
  readonly port: number;
  readonly dataDirectory: string;
}

/** A flag that is unknown, missing or wrong; the message names it and says what is expected. */
class InvalidFlag extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'InvalidFlag';
  }
}

const topologySchema = z.object({
  hubs: z.record(
    z.string(),
    z.object({ partitions: z.number().int().positive(), consumerGroups: z.array(z.string()).default([]) }),
  ),
});

function readTopology(path: string, read: (path: string) => string): Readonly<Record<string, HubOptions>> {
  let text: string;
  try {
    text = read(path);
  } catch (cause) {
    throw new InvalidFlag(`--topology ${path}: the file cannot be read`, { cause });
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new InvalidFlag(`--topology ${path}: the file is not JSON`, { cause });
  }
  const parsed = topologySchema.safeParse(document);
  if (parsed.success) return parsed.data.hubs;
  throw new InvalidFlag(
    `--topology ${path}: ${parsed.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`).join('; ')}`,
  );
}

function readHub(flag: string): [string, HubOptions] {
  const [, name, partitions] = /^([^:]+):(\d+)$/.exec(flag) ?? [];
  if (name === undefined || partitions === undefined)
    throw new InvalidFlag(`--hub ${flag}: expected <name>:<partitions>, such as bookings:4`);
  return [name, { partitions: Number(partitions) }];
}

function readFlags(args: readonly string[]) {
  try {
    const options = {
      topology: { type: 'string' },
      hub: { type: 'string', multiple: true },
      host: { type: 'string' },
      port: { type: 'string' },
      data: { type: 'string' },
    } as const;
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (cause) {
    throw new InvalidFlag(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Reads the flags; `read` returns a file's text. Throws InvalidFlag. */
export function parseCommandLine(args: readonly string[], read: (path: string) => string): CommandLine {
  const { topology, hub = [], host = 'localhost', port = '5672', data } = readFlags(args);
  const hubs = { ...(topology !== undefined && readTopology(topology, read)), ...Object.fromEntries(hub.map(readHub)) };
  if (Object.keys(hubs).length === 0)
    throw new InvalidFlag('--hub or --topology: at least one hub is needed, such as --hub bookings:4');
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    throw new InvalidFlag(`--port ${port}: expected a number from 0 (any free port) to 65535`);
  if (data === undefined || data === '') throw new InvalidFlag('--data: expected the directory in which events are kept');
  if (host === '') throw new InvalidFlag('--host: expected a host name or an IP address');
  return { hubs, host, port: Number(port), dataDirectory: data };
}
