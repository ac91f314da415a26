import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startEmbeddedWarehouse } from '../embedded/server.ts';
import { openWarehouse } from '../index.ts';
import { createDatabase } from './database.ts';
import { describeWarehouse } from './suite.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

describeWarehouse('the embedded database', async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'warehouse-'));
  resources.defer(() => rm(dataDirectory, { recursive: true }));
  const { url } = resources.use(await startEmbeddedWarehouse({ dataDirectory, port: 0 }));
  return url;
});

const { TEST_POSTGRES_URL: serverUrl, REQUIRE_ALL: requireAll } = process.env;
if (serverUrl) {
  describeWarehouse('PostgreSQL', async () => resources.use(await createDatabase(serverUrl)).url);
} else {
  test.skipIf(!requireAll)('PostgreSQL is at hand (skipped: TEST_POSTGRES_URL is not set)', () => {
    expect(serverUrl, 'TEST_POSTGRES_URL').toBeDefined();
  });
}

test.for(['mssql://localhost/warehouse', 'sqlserver://localhost', 'mysql://localhost'])(
  'there is no adapter for %s, and that is what one is told',
  async (warehouseUrl) => {
    await expect(openWarehouse({ warehouseUrl })).rejects.toThrow(/WAREHOUSE_URL.*unsupported scheme/);
  },
);
