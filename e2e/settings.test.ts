import { readFileSync } from 'node:fs';
import { envVariables } from '@boxoffice/service-kit';
import { describe, expect, test } from 'vitest';
import { settings as bookingProducer } from '../apps/booking-producer/src/config.ts';
import { settings as joiner } from '../apps/joiner/src/config.ts';
import { readTopology } from '../apps/local-stack/src/topology.ts';
import { settings as paymentProducer } from '../apps/payment-producer/src/config.ts';
import { settings as reportApi } from '../apps/report-api/src/config.ts';
import { settings as warehouseWriter } from '../apps/warehouse-writer/src/config.ts';

const topology = readTopology();
const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');

const services = [
  { name: 'booking-producer', settings: bookingProducer },
  { name: 'payment-producer', settings: paymentProducer },
  { name: 'joiner', settings: joiner },
  { name: 'warehouse-writer', settings: warehouseWriter },
  { name: 'report-api', settings: reportApi },
] as const;

describe.for(services)('$name', ({ name, settings }) => {
  const variables = envVariables(settings);
  const defaultOf = (variable: string) => variables.find((each) => each.variable === variable)?.default;

  test('listens, unless told otherwise, where the topology says', () => {
    expect(defaultOf('PORT')).toBe(String(topology.ports[name]));
  });

  test('names hubs, and a consumer group on those it reads, that the topology has', () => {
    for (const { variable, default: hub } of variables)
      if (variable.endsWith('_HUB')) expect([variable, topology.hubs[hub ?? '']]).toEqual([variable, expect.anything()]);
    const group = defaultOf('CONSUMER_GROUP');
    if (group !== undefined)
      expect(Object.values(topology.hubs).some(({ consumerGroups }) => consumerGroups.includes(group))).toBe(true);
  });

  test('has each of its settings in .env.example', () => {
    const [, section = ''] = new RegExp(`^# ${name}\\n([^]*?)(?:\\n\\n# [a-z-]+\\n|$(?![^]))`, 'm').exec(example) ?? [];
    const lines = section.split('\n').filter((line) => line !== '');
    expect(lines).toEqual(
      variables.flatMap(({ variable, default: value = '', description }) => [`# ${description}`, `#${variable}=${value}`]),
    );
  });
});

test('all hubs have the same number of partitions', () => {
  expect(new Set(Object.values(topology.hubs).map(({ partitions }) => partitions)).size).toBe(1);
});
