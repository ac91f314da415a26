import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { profileNames } from '@boxoffice/scenario';
import type { ProfileName } from '@boxoffice/scenario';
import { z } from 'zod';
import { portNames } from './topology.ts';
import type { PortName } from './topology.ts';

/** What the command line asks for. */
export interface CommandLine {
  readonly once: boolean;
  readonly bookings: number;
  readonly seed: number;
  readonly profile: ProfileName;
  /** Events in one message of the input hubs, at most. */
  readonly packing: number;
  /** How many joiners share the partitions. */
  readonly joiners: number;
  readonly fresh: boolean;
  readonly sabotage: 'drop' | 'double' | 'cent' | undefined;
  /** Folder of everything that is kept. */
  readonly data: string;
  /** Ports that were set, and may not move. */
  readonly ports: Readonly<Partial<Record<PortName, number>>>;
}

/** The command line cannot be understood; the message says all that is wrong with it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What `--help` prints. */
export const usage = `Box Office on one machine.

  npm start                        everything, with a day of bookings and a live run
  npm start -- --once              one run to its end, checked against its truth; a verdict as JSON; exit 0 or 1

  --bookings <n>                   how many bookings: of the last day, or of the one run (default 20000)
  --seed <n>                       another seed is another world (default 7)
  --profile <name>                 how the world behaves: ${profileNames.join(', ')} (default everyday)
  --packing <n>                    events in one message on the input hubs, up to 100 (default 1)
  --joiners <n>                    joiners that share the partitions, up to 8 (default 1)
  --sabotage drop|double|cent      with --once: alter one row of the warehouse before the check, which must notice
  --fresh                          begin with nothing: empties the data folder first
  --data <folder>                  where events, tables, checkpoints and logs are kept (default .data)
  --port <name>=<number>           fixes a port, which is otherwise moved when it is taken; may be repeated
                                   names: ${portNames.join(', ')}
`;

const repository = fileURLToPath(new URL('../../../', import.meta.url));

const options = {
  once: { type: 'boolean', default: false },
  bookings: { type: 'string', default: '20000' },
  seed: { type: 'string', default: '7' },
  profile: { type: 'string', default: 'everyday' },
  packing: { type: 'string', default: '1' },
  joiners: { type: 'string', default: '1' },
  fresh: { type: 'boolean', default: false },
  sabotage: { type: 'string' },
  data: { type: 'string', default: path.join(repository, '.data') },
  port: { type: 'string', multiple: true },
  help: { type: 'boolean', default: false },
} as const;

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `expected a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `expected a whole number from ${min} to ${max}`);

const flags = z
  .object({
    once: z.boolean(),
    bookings: whole(1, 2_000_000),
    seed: whole(0, 2 ** 31 - 1),
    profile: z.enum(profileNames, `expected one of ${profileNames.join(', ')}`),
    packing: whole(1, 100),
    joiners: whole(1, 8),
    fresh: z.boolean(),
    sabotage: z.enum(['drop', 'double', 'cent'], 'expected drop, double or cent').optional(),
    data: z
      .string()
      .min(1, 'expected a folder')
      .transform((folder) => path.resolve(folder)),
    port: z
      .array(
        z.string().refine(
          (each) => {
            const [, name = '', number] = /^([a-z-]+)=(\d{1,5})$/.exec(each) ?? [];
            return portNames.some((known) => known === name) && Number(number) >= 1 && Number(number) <= 65_535;
          },
          `expected <name>=<number from 1 to 65535>, the name being one of ${portNames.join(', ')}`,
        ),
      )
      .default([]),
  })
  .refine(({ once, sabotage }) => once || sabotage === undefined, { path: ['sabotage'], error: 'goes with --once only' });

/**
 * Reads the arguments after `npm start --`; undefined when they ask for help.
 * @throws {UsageError} naming every flag at fault.
 */
export const parseCommandLine = (args: readonly string[]): CommandLine | undefined => {
  const given = (() => {
    try {
      return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
    } catch (error) {
      throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  })();
  if (given.help) return undefined;
  const { success, data, error } = flags.safeParse(given);
  if (!success) throw new UsageError(error.issues.map((issue) => `--${String(issue.path[0])}: ${issue.message}`).join('\n'));
  const { port, sabotage, ...rest } = data;
  return {
    ...rest,
    sabotage,
    ports: Object.fromEntries(port.map((each) => each.split('=')).map(([name, number]) => [name, Number(number)])),
  };
};
