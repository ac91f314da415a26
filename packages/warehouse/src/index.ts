export { FencedError, InvalidCursorError, RefusedError, SchemaTooNewError, UnavailableError } from './errors.ts';
export { openWarehouse } from './open-warehouse.ts';
export { bookingStates } from './reports.ts';
export type {
  BookingDetail,
  BookingRow,
  BookingState,
  Filter,
  Funnel,
  Instant,
  LedgerFigures,
  LedgerReport,
  Page,
  PageRequest,
  PartitionProgress,
  PaymentRow,
  Pipeline,
  QuarantineRow,
  Reports,
  SalesRequest,
  SalesRow,
  SeatRow,
} from './reports.ts';
export { tamper } from './tamper.ts';
export type { Sabotage, Tampered } from './tamper.ts';
export { warehouseSettings } from './settings.ts';
export type { WarehouseSettings } from './settings.ts';
export type { Catalogue, IngestPosition, LoadBatch, LoadResult, Loader, Stream, Warehouse } from './warehouse.ts';
