import { readFileSync } from 'node:fs';
import path from 'node:path';
import { openHubs } from '@boxoffice/hubs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { eventually, metric, startProcess, temporaryFolder } from './stack-process.ts';

const services = ['booking-producer', 'payment-producer', 'joiner', 'warehouse-writer', 'report-api'];

const post = (url: string, event: object | string) =>
  fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: typeof event === 'string' ? event : JSON.stringify(event),
  });

const quarantine = z.object({ rows: z.array(z.object({ hub: z.string(), partition: z.number(), reason: z.string() })) });
const reconciliation = z.object({ addsUp: z.boolean(), total: z.object({ quarantined: z.number() }) });
const connectionString = (port: number) =>
  `Endpoint=sb://localhost:${port};SharedAccessKeyName=k;SharedAccessKey=k;UseDevelopmentEmulator=true`;
const bookingRow = z.looseObject({ state: z.string(), payments: z.array(z.looseObject({ paymentId: z.string() })) });

test(
  'a stack that goes on takes a booking and its payment by REST, reports them, and stops in order',
  { timeout: 120_000 },
  async () => {
    using temporary = temporaryFolder();
    await using stack = startProcess(temporary.folder, ['--bookings', '300']);
    await eventually(stack, 'the addresses', () => (stack.stderr().includes('Ctrl-C stops everything') ? true : undefined));
    const url = (name: string): string => stack.find(name)?.url ?? `no address of ${name}`;

    for (const name of services)
      for (const route of ['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs/'])
        expect([name, route, (await fetch(`${url(name)}${route}`)).status]).toEqual([name, route, 200]);

    // As in the README.
    const now = Date.now();
    const time = (ms: number) => new Date(now + ms).toISOString();
    const envelope = { specversion: '1.0', source: 'by-hand', subject: 'by-hand-1', scenario: 'none' };
    const booking = {
      ...envelope,
      id: 'by-hand-1',
      type: 'booking.placed',
      time: time(0),
      dataschema: 'urn:boxoffice:booking.placed:3',
      data: {
        customerKey: 'c-1',
        showId: 'show-01',
        channel: 'web',
        currency: 'EUR',
        totalMinor: 5000,
        items: [{ section: null, row: null, seat: 'A1', priceMinor: 4800, feeMinor: 200, discountMinor: 0 }],
        holdExpiresAt: time(900_000),
      },
    };
    const payment = {
      ...envelope,
      id: 'by-hand-1-p1',
      type: 'payment.processed',
      time: time(1000),
      dataschema: 'urn:boxoffice:payment.processed:2',
      data: { kind: 'captured', attempt: 1, method: 'card', declineReason: null, amountMinor: 5000, currency: 'EUR' },
    };
    expect((await post(url('booking-producer'), booking)).status).toBe(202);
    expect((await post(url('payment-producer'), payment)).status).toBe(202);
    const found = await eventually(stack, 'the booking in the report', async () => {
      const response = await fetch(`${url('report-api')}/v1/bookings/by-hand-1`);
      const row = response.ok ? bookingRow.parse(await response.json()) : undefined;
      return row?.state === 'captured' ? row : undefined;
    });
    expect(found.payments.map(({ paymentId }) => paymentId)).toEqual(['by-hand-1-p1']);

    const refused = await post(url('booking-producer'), { ...booking, time: 'noon', data: { ...booking.data, totalMinor: -1 } });
    expect([refused.status, refused.headers.get('content-type')]).toEqual([
      400,
      expect.stringContaining('application/problem+json'),
    ]);
    const { errors } = z.object({ errors: z.array(z.object({ path: z.string() })) }).parse(await refused.json());
    expect(errors.map(({ path: at }) => at)).toEqual(expect.arrayContaining(['/time', '/data/totalMinor']));

    const sent = ['{"half":', { ...booking, dataschema: 'urn:boxoffice:booking.placed:99' }, { ...booking, subject: 7 }];
    const { port = 0 } = stack.find('event-hubs') ?? {};
    await using hubs = openHubs({ eventHubsConnectionString: connectionString(port) }, { warn: () => undefined });
    const bodies = sent.map((body) => Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
    await hubs.publisher('bookings').publish(bodies.map((body) => ({ body, contentType: 'text/plain', partition: 2 })));
    const quarantined = await eventually(stack, 'the quarantine in the report', async () => {
      const { rows } = quarantine.parse(await (await fetch(`${url('report-api')}/v1/quarantine`)).json());
      return rows.length < sent.length ? undefined : rows;
    });
    const reasons = quarantined.map(({ hub, partition, reason }) => `${hub}/${partition} ${reason}`);
    expect(new Set(reasons)).toEqual(new Set(['bookings/2 invalid', 'bookings/2 malformed-json', 'bookings/2 unknown-version']));
    const balance = await eventually(stack, 'the quarantine in the ledger', async () => {
      const ledger = reconciliation.parse(await (await fetch(`${url('report-api')}/v1/pipeline/reconciliation`)).json());
      return ledger.total.quarantined < sent.length ? undefined : ledger;
    });
    expect(balance).toMatchObject({ addsUp: true, total: { quarantined: sent.length } });

    await eventually(
      stack,
      'a matched pair in the metrics',
      async () => (await metric(url('joiner'), 'joiner_outputs_total', ['kind="matched"'])) || undefined,
    );
    stack.signal('SIGINT');
    expect(await stack.exited, stack.stderr()).toBe(0);
    for (const name of services)
      expect([name, readFileSync(path.join(stack.data, 'logs', `${name}.log`), 'utf8')]).toEqual([
        name,
        expect.stringContaining('drained; exiting'),
      ]);
    expect(stack.stderr()).not.toContain('died');
  },
);
