import { adapterOf } from './adapter.ts';
import { tamperPg } from './pg/tamper.ts';

const tamperers = { pg: tamperPg };

/** Drop a payment's row, store it a second time, or add one minor unit to its amount. */
export type Sabotage = 'drop' | 'double' | 'cent';

/** What was done to the warehouse, to be undone. */
export interface Tampered {
  /** Table and key of the one row that was altered. */
  readonly row: string;
  /** Puts that row back exactly as it was. */
  undo(): Promise<void>;
}

/**
 * Alters one captured payment of a run, the first by booking and payment id, to prove that a check of the warehouse notices it.
 * The fold of the booking is left as it was. `double` lifts the table's key until `undo`, so nothing should be loading then.
 * @throws Error when the run has no captured payment.
 */
export const tamper = async (url: string, runId: string, sabotage: Sabotage): Promise<Tampered> =>
  tamperers[adapterOf(url)](url, runId, sabotage);
