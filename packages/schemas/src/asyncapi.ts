import { z } from 'zod';
import { eventContentType } from './cloud-event.ts';
import { contracts, hubNames, hubs } from './contracts.ts';
import type { HubName } from './contracts.ts';
import type { Contract, Version } from './contract.ts';

interface Flow {
  readonly service: string;
  readonly action: 'send' | 'receive';
  readonly hub: HubName;
  readonly types: readonly string[];
}

const { bookings, payments, joined, quarantine } = hubs;
const typesOf = (those: readonly Contract<unknown>[]): string[] => those.map(({ type }) => type);

/** Who sends and reads what. */
const flows: readonly Flow[] = [
  { service: 'booking-producer', action: 'send', hub: 'bookings', types: [bookings[0].type] },
  { service: 'payment-producer', action: 'receive', hub: 'bookings', types: typesOf(bookings) },
  { service: 'payment-producer', action: 'send', hub: 'payments', types: [payments[0].type] },
  { service: 'joiner', action: 'receive', hub: 'bookings', types: typesOf(bookings) },
  { service: 'joiner', action: 'receive', hub: 'payments', types: typesOf(payments) },
  { service: 'joiner', action: 'send', hub: 'bookings', types: [bookings[1].type] },
  { service: 'joiner', action: 'send', hub: 'payments', types: [payments[1].type] },
  { service: 'joiner', action: 'send', hub: 'joined', types: typesOf(joined) },
  { service: 'joiner', action: 'send', hub: 'quarantine', types: typesOf(quarantine) },
  { service: 'warehouse-writer', action: 'receive', hub: 'joined', types: typesOf(joined) },
  { service: 'warehouse-writer', action: 'receive', hub: 'quarantine', types: typesOf(quarantine) },
];

const about: Readonly<Record<HubName, string>> = {
  bookings: 'Bookings, by the partition of their id; and ticks, which say that an idle partition is complete up to a time',
  payments: 'Payments and refunds, by the partition of their booking; and ticks',
  joined:
    'What the joiner makes of partition n of both inputs, in order, in its partition n; and its progress, in order with what it covers',
  quarantine: 'What could not be read, with its bytes and reason',
};

const nameOf = ({ type }: Contract<unknown>, { version }: Version): string => `${type}.${version}`;
const isFlat = ({ flat }: Contract<unknown>, { version }: Version): boolean => flat?.reader.version === version;

const messageOf = (contract: Contract<unknown>, version: Version) => ({
  name: nameOf(contract, version),
  title: `${contract.type} ${version.version}`,
  summary: contract.summary,
  description: [
    isFlat(contract, version) ? 'The document of the legacy shop, without an envelope.' : 'A CloudEvents 1.0 event in JSON.',
    version.version === contract.newest ? 'The version that is written today.' : '',
    version.sunset === undefined ? '' : `Read until ${version.sunset}.`,
    'One message may carry a JSON array of events of one partition (application/cloudevents-batch+json).',
  ]
    .filter((sentence) => sentence !== '')
    .join(' '),
  contentType: isFlat(contract, version) ? 'application/json' : eventContentType,
  payload: { $ref: `#/components/schemas/${nameOf(contract, version)}` },
});

const payloadOf = ({ schema }: Version): object => {
  const { $schema: _, ...payload } = z.looseObject({}).parse(z.toJSONSchema(schema, { io: 'input', target: 'draft-07' }));
  return payload;
};

const versionsOn = (hub: HubName, types: readonly string[]) =>
  hubs[hub]
    .filter(({ type }) => types.includes(type))
    .flatMap((contract) => contract.versions.map((version) => nameOf(contract, version)));

/** The AsyncAPI 3 document of the pipeline: hubs, what travels on each and in which versions, and which service sends and reads it. */
export const asyncApiDocument = (): object => {
  const all = new Map<string, readonly [Contract<unknown>, Version]>();
  for (const contract of contracts)
    for (const version of contract.versions) all.set(nameOf(contract, version), [contract, version]);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Box Office events',
      version: '1.0.0',
      description: 'The events of the pipeline, on Azure Event Hubs. Hubs have their default names.',
      license: { name: 'MIT' },
    },
    defaultContentType: eventContentType,
    channels: Object.fromEntries(
      hubNames.map((hub) => [
        hub,
        {
          address: hub,
          description: about[hub],
          messages: Object.fromEntries(
            versionsOn(hub, typesOf(hubs[hub])).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
          ),
        },
      ]),
    ),
    operations: Object.fromEntries(
      flows.map(({ service, action, hub, types }) => [
        `${service}.${action}.${hub}`,
        {
          action,
          channel: { $ref: `#/channels/${hub}` },
          summary: `${service} ${action === 'send' ? 'writes' : 'reads'} ${types.join(' and ')}`,
          messages: versionsOn(hub, types).map((name) => ({ $ref: `#/channels/${hub}/messages/${name}` })),
        },
      ]),
    ),
    components: {
      messages: Object.fromEntries([...all].map(([name, [contract, version]]) => [name, messageOf(contract, version)])),
      schemas: Object.fromEntries([...all].map(([name, [, version]]) => [name, payloadOf(version)])),
    },
  };
};
