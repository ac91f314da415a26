/** Draws from [0, 1), the same row of numbers for the same seed. */
export type Random = () => number;

/** FNV-1a over the UTF-16 units, then murmur3's finaliser, for FNV alone leaves the seeds of neighbouring ids alike. */
export const hash32 = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix32(hash, 0);
};

/** A new seed from a seed and an index. */
export const mix32 = (seed: number, index: number): number => {
  let hash = (seed ^ Math.imul(index + 1, 0x9e3779b1)) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

/** mulberry32: 32 bits of state, so cheap that every booking can have one of its own. */
export const random = (seed: number): Random => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** A whole number from `low` to `high`, both inclusive. */
export const whole = (draw: Random, low: number, high: number): number => low + Math.floor(draw() * (high - low + 1));

/** One of `choices`, evenly. */
export const oneOf = <T>(draw: Random, choices: readonly [T, ...T[]]): T =>
  choices[Math.floor(draw() * choices.length)] ?? choices[0];

/** Makes a picker of one of `choices`, each as likely as its weight says. */
export const weighted = <T>(choices: readonly [readonly [T, number], ...(readonly [T, number])[]]): ((draw: Random) => T) => {
  const total = choices.reduce((sum, [, weight]) => sum + weight, 0);
  let sum = 0;
  const upTo = choices.map(([choice, weight]) => [choice, (sum += weight / total)] as const);
  return (draw) => {
    const point = draw();
    for (const [choice, bound] of upTo) if (point < bound) return choice;
    return choices[0][0];
  };
};
