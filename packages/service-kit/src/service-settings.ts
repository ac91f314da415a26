import { LOG_LEVELS } from './logger.ts';
import { choice, port, text } from './setting-fields.ts';

/**
 * The settings every service has; spread them into its own `z.object`. The host is loopback until HOST says otherwise,
 * because nothing here asks a caller who he is.
 */
export const serviceSettings = (defaultPort: number) => ({
  host: text('a host name or address to listen on')
    .default('127.0.0.1')
    .describe('Address to listen on; loopback only, unless set otherwise'),
  port: port().default(defaultPort).describe('Port to listen on; 0 takes any free one'),
  logLevel: choice(LOG_LEVELS)
    .default('info')
    .describe(`Least level that is logged: ${LOG_LEVELS.join(', ')}`),
});
