import path from 'node:path';
import { openWarehouse } from '@boxoffice/warehouse';
import { startEmbeddedWarehouse } from '@boxoffice/warehouse/embedded';
import { expect, test } from 'vitest';
import { startProcess, temporaryFolder, verdictOf } from './stack-process.ts';

const once = async (data: string, ...args: string[]) => {
  await using stack = startProcess(data, ['--once', '--bookings', '400', '--seed', '7', ...args]);
  const code = await stack.exited;
  return { code, verdict: verdictOf(stack), stderr: stack.stderr() };
};

const salesOf = async (data: string, run: string) => {
  await using embedded = await startEmbeddedWarehouse({ dataDirectory: path.join(data, 'warehouse'), port: 0 });
  await using warehouse = await openWarehouse({ warehouseUrl: embedded.url });
  return warehouse.reports.sales({ bucket: 'hour', by: 'show', run });
};

test(
  'a run is right, a second beside it too, and leaves the first as it was; sabotage is found and named',
  { timeout: 180_000 },
  async () => {
    using temporary = temporaryFolder();
    const first = await once(temporary.folder);
    expect(first.code, first.stderr).toBe(0);
    expect(first.verdict).toMatchObject({ ok: true, bookings: 400, missing: 0, duplicates: 0, quarantined: 0, differences: [] });
    const sales = await salesOf(temporary.folder, first.verdict.runId);
    expect(sales.length).toBeGreaterThan(0);

    const second = await once(temporary.folder);
    expect(second.code, second.stderr).toBe(0);
    expect(second.verdict.runId).not.toBe(first.verdict.runId);
    expect(await salesOf(temporary.folder, first.verdict.runId)).toEqual(sales);

    for (const [sabotage, found] of [
      ['drop', { missing: 1, duplicates: 0 }],
      ['double', { missing: 0, duplicates: 1 }],
      ['cent', { missing: 0, duplicates: 0 }],
    ] as const) {
      const { code, verdict, stderr } = await once(temporary.folder, '--sabotage', sabotage);
      expect(code, stderr).toBe(1);
      expect(verdict).toMatchObject({ ok: false, ...found });
      const [, row = 'no row was named'] = /sabotage \(\w+\): warehouse\.fact_payment, booking (\S+),/.exec(stderr) ?? [];
      expect(verdict.differences.join('\n')).toContain(`fact_payment ${row} / `);
    }
  },
);
