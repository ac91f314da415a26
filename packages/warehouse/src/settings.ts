import { z } from 'zod';

/** Where the embedded warehouse listens unless told otherwise. */
const localUrl = 'postgres://postgres@127.0.0.1:5433/postgres';

const expected = 'a database URL that starts with postgres:// or postgresql:// (this build has no adapter for SQL Server yet)';

/** Settings of whoever opens the warehouse; spread them into a config object. */
export const warehouseSettings = {
  warehouseUrl: z
    .string({ error: expected })
    .refine((text) => /^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text), expected)
    .default(localUrl)
    .describe('Database of the warehouse, as a URL whose scheme says which kind: postgres:// or postgresql://'),
};

/** @see warehouseSettings */
export type WarehouseSettings = z.infer<z.ZodObject<typeof warehouseSettings>>;
