import { expect, test } from 'vitest';
import { createSlabs, type Room } from './slabs.ts';

test('no two rooms that are held overlap, whatever the order in which they are given back', () => {
  const slabs = createSlabs();
  const held = new Map<Room, { bytes: Buffer; mark: number }>();
  // A linear congruential generator (Numerical Recipes), so that a failure comes again.
  let state = 7;
  const random = (below: number): number => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) % below;
  for (let mark = 0; mark < 3000; mark++) {
    const length = 1 + random(random(20) === 0 ? 300_000 : 3000);
    const room = slabs.room(length);
    expect(room.bytes).toHaveLength(length);
    const bytes = room.keep(1 + random(length));
    bytes.fill(mark % 251);
    held.set(room, { bytes, mark: mark % 251 });
    while (held.size > random(60)) {
      const [oldest, kept] = [...held][random(held.size)]!;
      expect(kept.bytes.every((byte) => byte === kept.mark)).toBe(true);
      oldest.giveBack();
      held.delete(oldest);
    }
  }
});
