/**
 * Integers of the archive: one sign byte (0 or 1), then `intSize` bytes, little endian.
 * Source: ReadInt and WriteInt of pg_backup_archiver.c.
 */

/** Sizes of an integer that are accepted, in bytes without the sign byte. PostgreSQL has written 4 ever since. */
export const KNOWN_INT_SIZES: readonly number[] = [4, 8];

/** The largest number that pg_restore's `int` can hold; lengths, counts and dump ids beyond it are damage. */
export const MAX_INT = 0x7fff_ffff;

/**
 * The integer at `at`; the caller has made sure that `1 + intSize` bytes are there. NaN when the sign byte is neither 0
 * nor 1 or the number is not a safe integer: every caller compares with a range, which NaN never fits.
 */
export function decodeInt(bytes: Uint8Array, at: number, intSize: number): number {
  const sign = bytes[at];
  let value = 0;
  for (let i = intSize; i > 0; i--) value = value * 256 + (bytes[at + i] ?? NaN);
  if (!Number.isSafeInteger(value)) return NaN;
  if (sign === 0) return value;
  return sign === 1 ? 0 - value : NaN;
}

/** What decodeInt gave, for people: what is no integer has no digits to show. */
export function shownInt(value: number): string {
  return Number.isNaN(value) ? 'no integer' : String(value);
}

/** The bytes of an integer, sign byte first. `value` must fit. */
export function encodeInt(value: number, intSize: number): Buffer {
  const bytes = Buffer.alloc(1 + intSize);
  bytes[0] = value < 0 ? 1 : 0;
  let rest = Math.abs(value);
  for (let i = 1; i <= intSize; i++) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

/** An integer whose bytes may arrive in several chunks. */
export class IntegerAssembler {
  /** True when `value` is complete; the next feed() begins a new integer. */
  done = false;
  value = 0;
  private readonly parts: Buffer;
  private have = 0;

  constructor(private readonly intSize: number) {
    this.parts = Buffer.alloc(1 + intSize);
  }

  /** Takes what it needs of chunk[at…] and returns where the rest begins. */
  feed(chunk: Buffer, at: number): number {
    const size = 1 + this.intSize;
    if (this.have === 0 && chunk.length - at >= size) {
      this.value = decodeInt(chunk, at, this.intSize);
      this.done = true;
      return at + size;
    }
    const taken = chunk.copy(this.parts, this.have, at, Math.min(chunk.length, at + size - this.have));
    this.have += taken;
    this.done = this.have === size;
    if (this.done) {
      this.value = decodeInt(this.parts, 0, this.intSize);
      this.have = 0;
    }
    return at + taken;
  }

  /** True between the first and the last byte of an integer. */
  get started(): boolean {
    return this.have > 0;
  }
}
