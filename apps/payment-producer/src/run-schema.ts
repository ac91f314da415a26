import { runSchemaOf } from '@boxoffice/runs';
import { orphanSpec } from '@boxoffice/scenario';

/** A run of orphans, as it is told and kept. */
export const runSchema = runSchemaOf(orphanSpec);
