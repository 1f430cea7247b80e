const MODULUS = 65521;
/** So many sums stay below 2^53 without being reduced. */
const UNREDUCED = 65536;

/** The Adler-32 of no bytes. */
export const EMPTY_ADLER32 = 1;

/** The Adler-32 of bytes; for few of them: zlib does it faster, with what it compresses. Source: RFC 1950. */
export function adler32(bytes: Buffer): number {
  let a = 1;
  let b = 0;
  for (let at = 0; at < bytes.length;) {
    for (const end = Math.min(bytes.length, at + UNREDUCED); at < end; at++) {
      a += bytes[at] ?? 0;
      b += a;
    }
    a %= MODULUS;
    b %= MODULUS;
  }
  return b * 0x10000 + a;
}

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
export function encodeAdler32(checksum: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(checksum);
  return bytes;
}
