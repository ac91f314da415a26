import { randomFillSync } from 'node:crypto';

/** A hash of texts, as a whole number of 32 bits. */
export type TextHash = (text: string) => number;

/**
 * A hash with factors of its own, drawn at random: the sum of (factor i x character i), a multilinear hash. Two texts, whoever
 * chose them, agree in the upper 17 bits with a probability of 2^-17 over the draw of factors, so a sender who does not know them
 * cannot fill one bucket. See Lemire and Kaser, "Strongly universal string hashing is fast" (2014). The upper bits are the good
 * ones, so they are stirred into the lower ones, by which buckets are chosen.
 */
export const createTextHash = (): TextHash => {
  let factors = randomFillSync(new Int32Array(128));
  return (text) => {
    const { length } = text;
    if (length >= factors.length) {
      // What has been drawn stays, or texts that are known already would not be found again.
      const more = randomFillSync(new Int32Array(2 ** Math.ceil(Math.log2(length + 1))));
      more.set(factors);
      factors = more;
    }
    // The length takes part, or a text would collide with itself and a zero character behind it.
    let sum = Math.imul(factors[0]!, length + 1) | 0;
    for (let i = 0; i < length; i++) sum = (sum + Math.imul(factors[i + 1]!, text.charCodeAt(i))) | 0;
    sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
    sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2ae35);
    return sum ^ (sum >>> 16);
  };
};
