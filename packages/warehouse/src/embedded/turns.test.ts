import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTurns } from './turns.ts';
import type { Rank } from './turns.ts';

/** Tokens `L1`, `R1`: a loader, a reader. All ask while another has the session; the answer is the order of their turns. */
const orderOf = async (asked: readonly string[], gone: readonly string[] = []): Promise<string[]> => {
  const turns = createTurns<string>();
  const order: string[] = [];
  await turns.take('first', 'reader');
  const served = asked.map(async (client) => {
    const rank: Rank = client.startsWith('L') ? 'loader' : 'reader';
    try {
      await turns.take(client, rank);
    } catch {
      return;
    }
    order.push(client);
    turns.give(client);
  });
  for (const client of gone) turns.leave(client);
  turns.give('first');
  await Promise.all(served);
  expect(turns.holder).toBeUndefined();
  expect(turns.waiting).toBe(0);
  return order;
};

test.for([
  { asked: 'R1 R2 L1', then: 'L1 R1 R2', name: 'a loader goes before the readers that wait' },
  { asked: 'L1 L2 L3', then: 'L1 L2 L3', name: 'of one rank they go in order of arrival' },
  { asked: 'R1 L1 L2 L3 L4 L5 L6', then: 'L1 L2 L3 L4 R1 L5 L6', name: 'after four loaders a reader goes' },
])('$name', async ({ asked, then }) => {
  expect(await orderOf(asked.split(' '))).toEqual(then.split(' '));
});

test('who leaves the queue is passed over, and the others keep their places', async () => {
  expect(await orderOf(['R1', 'L1', 'R2'], ['L1', 'R1'])).toEqual(['R2']);
});

test('who has the session is given it again at once', async () => {
  const turns = createTurns<string>();
  await turns.take('a', 'reader');
  await turns.take('a', 'reader');
  expect(turns.holder).toBe('a');
});

test('whoever asks gets exactly one turn', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.stringMatching(/^[LR]\d\d$/)), async (asked) => {
      expect((await orderOf(asked)).toSorted()).toEqual(asked.toSorted());
    }),
  );
});
