import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { ServiceError } from './fetch-json.ts';
import { joiningOf } from './joining.ts';

/** `2@7`: partition 2, in its seventh generation. */
const pairOf = (token: string) => {
  const [partition, generation] = token.split('@').map(Number);
  const input = { checkpointedTo: -1, open: 0 };
  const ledger = { received: 0, opened: 0, refunds: 0, late: 0, quarantined: 0 };
  const outputs = { matched: 0, bookingUnmatched: 0, paymentUnmatched: 0 };
  return { partition, phase: 'live', generation, watermark: null, bookings: input, payments: input, ledger, outputs };
};

/** A joiner that lists these pairs; without a list it takes every connection and never answers, as a process that was stopped. */
const joiner = async (tokens?: readonly string[]): Promise<string> => {
  const server = createServer((_, response) => {
    if (tokens) response.end(JSON.stringify({ partitions: tokens.map(pairOf) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
};
const nobody = 'http://127.0.0.1:1';
const silent = () => joiner();

const cases = [
  { name: 'each pair is found at its joiner, in order', joiners: [['1@3', '3@1'], ['0@2']], then: ['0@2', '1@3', '3@1'] },
  { name: 'the newest owner counts, whoever is asked first', joiners: [['0@4', '1@2'], ['0@5'], ['1@1']], then: ['0@5', '1@2'] },
  { name: 'a joiner that owns nothing says so', joiners: [[], ['0@1']], then: ['0@1'] },
];
test.for(cases)('$name', async ({ joiners, then }) => {
  const { partitions } = await joiningOf(await Promise.all(joiners.map(joiner)));
  expect(partitions.map(({ partition, generation }) => `${partition}@${generation}`)).toEqual(then);
});

test('one that is away, or stands still, does not hide what the others say', async () => {
  const { partitions } = await joiningOf([nobody, await silent(), await joiner(['0@1'])], 500);
  expect(partitions).toHaveLength(1);
});

test('when none answers, that is an error', async () => {
  await expect(joiningOf([nobody, await silent()], 50)).rejects.toThrow(ServiceError);
  await expect(joiningOf([await silent()], 50)).rejects.toThrow(/no answer within 50 ms/);
});
