import { readEnv, serviceSettings } from '@boxoffice/service-kit';
import type { Env } from '@boxoffice/service-kit';
import { warehouseSettings } from '@boxoffice/warehouse';
import { z } from 'zod';

export const settings = z.object({ ...serviceSettings(8080), ...warehouseSettings });

/** @throws ConfigError that lists every setting at fault. */
export const readConfig = (env: Env) => readEnv(settings, env);
