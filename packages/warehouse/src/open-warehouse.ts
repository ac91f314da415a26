import { adapterOf } from './adapter.ts';
import { openPgWarehouse } from './pg/open.ts';
import type { WarehouseSettings } from './settings.ts';
import type { Warehouse } from './warehouse.ts';

/** What of a logger is needed here. */
interface Log {
  warn(details: object, message: string): void;
}

const openers = { pg: openPgWarehouse };

/**
 * Opens the warehouse that `warehouseUrl` names; the scheme of the URL chooses the kind of database. Nothing is connected or
 * applied yet: that comes with the first use, and with `migrate`.
 * @throws Error when there is no adapter for the scheme.
 */
export const openWarehouse = async ({ warehouseUrl }: WarehouseSettings, log?: Log): Promise<Warehouse> =>
  openers[adapterOf(warehouseUrl)](warehouseUrl, (error) =>
    log?.warn({ err: error }, 'an idle connection to the warehouse broke; another will be opened when needed'),
  );
