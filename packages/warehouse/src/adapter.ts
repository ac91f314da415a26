/**
 * Which adapter a database URL asks for, by its scheme.
 * @throws Error that names WAREHOUSE_URL when there is none.
 */
export const adapterOf = (warehouseUrl: string): 'pg' => {
  const { protocol } = new URL(warehouseUrl);
  switch (protocol) {
    case 'postgres:':
    case 'postgresql:':
      return 'pg';
    case 'mssql:':
    case 'sqlserver:':
      throw new Error(`WAREHOUSE_URL starts with ${protocol}//, an unsupported scheme: this build has no SQL Server adapter yet`);
    default:
      throw new Error(`WAREHOUSE_URL starts with ${protocol}//, an unsupported scheme: expected postgres:// or postgresql://`);
  }
};
