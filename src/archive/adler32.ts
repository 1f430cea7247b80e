const MODULUS = 65521;

/** The Adler-32 of no bytes. */
export const EMPTY_ADLER32 = 1;

/**
 * The Adler-32 of two texts, one behind the other, by those of each and the length of the second in bytes.
 * Source: RFC 1950, and adler32_combine of zlib.
 */
export function combineAdler32(first: number, second: number, secondLength: number): number {
  const a = first & 0xffff;
  const b = first >>> 16;
  const secondA = second & 0xffff;
  const secondB = second >>> 16;
  // Each sum of the second began with 1 instead of `a`; all products stay below 2^53.
  const ahead = (a + MODULUS - 1) % MODULUS;
  const sumA = (ahead + secondA) % MODULUS;
  const sumB = (b + secondB + (secondLength % MODULUS) * ahead) % MODULUS;
  return sumB * 0x10000 + sumA;
}

/** As a zlib stream ends with it. */
export function encodeAdler32(adler32: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(adler32);
  return bytes;
}
