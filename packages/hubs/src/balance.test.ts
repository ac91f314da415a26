import fc from 'fast-check';
import { expect, test } from 'vitest';
import { balance } from './balance.ts';

const leaseMs = 30;
const now = 1000;

// A token is a record: partition, owner, age. `0:a`, `1:b@40`; no owner has been released.
const records = (tokens: string) =>
  tokens
    .split(' ')
    .filter(Boolean)
    .map((token) => {
      const [, partitionId = '', ownerId = '', age = '0'] = /^(\d+):(\w*)(?:@(-?\d+))?$/.exec(token) ?? [];
      return { partitionId, ownerId, lastModifiedTimeInMs: now - Number(age) };
    });

test.for([
  { name: 'who is alone takes everything at once', given: '', keep: '', claim: '0 1 2 3' },
  { name: 'what I have is renewed', given: '0:me 1:me 2:me 3:me', keep: '0 1 2 3', claim: '' },
  { name: 'what I had is mine as long as nobody took it', given: '0:me@99 1:me@99 2:b 3:b', keep: '0 1', claim: '' },
  { name: 'an expired, a released and a missing record are free', given: '0:a@30 1:', keep: '', claim: '0 1 2 3' },
  { name: 'a record one ms short of the lease holds', given: '0:a@29 1:a 2:b 3:b', keep: '', claim: '3' },
  { name: 'a record of a clock far ahead does not hold', given: '0:a@-30 1:a@-30 2:a@-30 3:me', keep: '3', claim: '0 1 2' },
  { name: 'free ones are taken up to the share only, beside those dealt to others', given: '0:a', keep: '', claim: '2 3' },
  { name: 'one is taken at a time from who has too many', given: '0:a 1:a 2:a 3:a', keep: '', claim: '2' },
  { name: 'free ones come before those of others', given: '0:a 1:a 2:a', keep: '', claim: '3' },
  { name: 'a share that differs by one is fair', given: '0:a 1:a 2:a 3:me', keep: '3', claim: '2' },
  { name: 'and then nothing moves', given: '0:a 1:a 2:b 3:me', keep: '3', claim: '' },
  { name: 'whoever it is that has one more', given: '0:z 1:z 2:x 3:me', keep: '3', claim: '' },
  { name: 'who has more than enough gives nothing away itself', given: '0:me 1:me 2:me 3:b', keep: '0 1 2', claim: '' },
  { name: 'more instances than partitions: one each, and none', given: '0:a 1:b 2:c 3:d', keep: '', claim: '' },
])('$name', ({ given, keep, claim }) => {
  const decided = balance({ partitions: ['0', '1', '2', '3'], ownerships: records(given), me: 'me', now, leaseMs });
  expect({ keep: decided.keep.join(' '), claim: decided.claim.join(' ') }).toEqual({ keep, claim });
});

test('who has read the same records never wants the same partition', () => {
  const owner = fc.constantFrom('a', 'b', 'c', 'd', '');
  fc.assert(
    fc.property(fc.array(owner, { minLength: 1, maxLength: 16 }), (owners) => {
      const partitions = owners.map((_, index) => String(index));
      const ownerships = owners.map((ownerId, index) => ({ partitionId: String(index), ownerId, lastModifiedTimeInMs: now }));
      const alive = [...new Set(owners)].filter((each) => each !== '');
      const claims = alive.flatMap((me) => balance({ partitions, ownerships, me, now, leaseMs }).claim);
      expect(new Set(claims).size).toBe(claims.length);
    }),
  );
});
