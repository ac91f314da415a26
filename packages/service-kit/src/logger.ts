import { pino } from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';

import { redact } from './redact.ts';

/** From the gravest to the most talkative; `silent` logs nothing. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One object and one fixed sentence a line: `log.warn({ bookingId, lateByMs }, 'payment arrived late')`. */
export type Logger = PinoLogger;

/**
 * A logger of JSON lines: `level` as a word, `time` in ISO 8601 UTC, `service`, `msg`, and the object given.
 * What is recognisably a secret (see `redact`) never leaves it. Lines are written synchronously to standard output, so that
 * none is lost when the process ends; a reader that has gone away is not an error.
 */
export const createLogger = (
  service: string,
  level: LogLevel,
  destination: DestinationStream = pino.destination({ dest: 1, sync: true }),
): Logger =>
  pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => destination.write(redact(line)) },
  );
