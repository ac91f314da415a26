import { expect, test } from 'vitest';
import { eventually, metric, startProcess, temporaryFolder, verdictOf } from './stack-process.ts';

const bookings = 30_000;

test(
  'booking-producer, the joiner and then the writer are killed in the middle of a run, and every figure is right',
  { timeout: 180_000 },
  async () => {
    using temporary = temporaryFolder();
    await using stack = startProcess(temporary.folder, ['--once', '--bookings', String(bookings), '--seed', '7']);

    /** Kills a service when a share of `least` or more of its work is done; returns how much it was then. */
    const killMidway = async (
      name: string,
      done: (url: string) => Promise<number | undefined>,
      least = 0.25,
    ): Promise<number> => {
      const share = await eventually(stack, `${name} ${least} through`, async () => {
        const service = stack.find(name);
        const now = service && (await done(service.url));
        return now !== undefined && now >= least ? now : undefined;
      });
      const before = stack.find(name);
      if (!before) throw new Error(`${name} has no process`);
      process.kill(before.pid, 'SIGKILL');
      await eventually(stack, `${name} started again`, () => (stack.find(name)?.pid === before.pid ? undefined : true));
      return share;
    };
    /** A metric of the process that runs after the kill, once it is above 0. */
    const above0 = (name: string, metricName: string) =>
      eventually(stack, metricName, async () => {
        const service = stack.find(name);
        return (service && (await metric(service.url, metricName))) || undefined;
      });

    await killMidway(
      'booking-producer',
      async (url) => ((await metric(url, 'bookings_acknowledged_total')) ?? 0) / bookings,
      0.05,
    );

    // Somewhat more than one payment a booking: what a stage has done with, against twice the bookings, is its share of the run.
    const joined = await killMidway('joiner', async (url) => {
      const checkpointed = await metric(url, 'joiner_read_to_sequence_number', ['stage="checkpointed"']);
      return checkpointed === undefined ? undefined : checkpointed / (2 * bookings);
    });
    expect(joined).toBeLessThan(0.75);
    expect(await above0('joiner', 'joiner_replayed_messages_total')).toBeGreaterThan(0);

    const loaded = await killMidway('warehouse-writer', async (url) => {
      const events = await metric(url, 'writer_events_loaded_total');
      return events === undefined ? undefined : events / (2 * bookings);
    });
    expect(loaded).toBeLessThan(0.75);
    expect(await above0('warehouse-writer', 'writer_replayed_events_total')).toBeGreaterThan(0);

    expect(await stack.exited, stack.stderr()).toBe(0);
    expect(verdictOf(stack)).toMatchObject({ ok: true, bookings, missing: 0, duplicates: 0, differences: [] });
    expect(stack.stderr()).toMatch(
      /booking-producer died \(SIGKILL\)[\s\S]*joiner died \(SIGKILL\)[\s\S]*warehouse-writer died \(SIGKILL\)/,
    );
  },
);
