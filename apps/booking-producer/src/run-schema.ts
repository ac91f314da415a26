import { runSchemaOf } from '@boxoffice/runs';
import { runSpec } from '@boxoffice/scenario';

/** A run of bookings, as it is told and kept. */
export const runSchema = runSchemaOf(runSpec);
