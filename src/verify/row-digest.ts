import xxhash, { type XXHash, type XXHashAPI } from 'xxhash-wasm';

const NEWLINE = 10;
const SEED = 0n;

/** What is compared of the rows of a table. */
export interface DigestOfRows {
  rows: number;
  /** Of 64 bits. */
  sum: bigint;
}

/** Makes digests of rows; the library has to be loaded once. */
export async function loadRowDigests(): Promise<() => RowDigest> {
  const api = await xxhash();
  return () => new RowDigest(api);
}

/**
 * The digest of rows in COPY's text format, whatever their order: how many there are, and the sum of the XXH64 of each, modulo 2^64. A
 * row that is there twice counts twice. It finds what went wrong, and not what somebody has made to look alike.
 *
 * Buffering: none. A row that goes on in the next chunk is hashed as it comes.
 */
export class RowDigest {
  private sum = 0n;
  private rows = 0;
  /** Of the row that has begun in an earlier chunk. */
  private begun: XXHash<bigint> | null = null;

  constructor(private readonly api: XXHashAPI) {}

  /** Takes the next bytes. Each row ends with a newline, which is none of its own. */
  push(bytes: Buffer): void {
    let at = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, at)) {
      const row = bytes.subarray(at, end);
      const hash = this.begun === null ? this.api.h64Raw(row, SEED) : this.begun.update(row).digest();
      this.begun = null;
      this.sum = BigInt.asUintN(64, this.sum + hash);
      this.rows += 1;
      at = end + 1;
    }
    if (at === bytes.length) return;
    this.begun ??= this.api.create64(SEED);
    this.begun.update(bytes.subarray(at));
  }

  /** Of all rows that have ended. */
  get result(): DigestOfRows {
    return { rows: this.rows, sum: this.sum };
  }
}

/** The digest of the rows of both. */
export function joinedDigest(one: DigestOfRows, other: DigestOfRows): DigestOfRows {
  return { rows: one.rows + other.rows, sum: BigInt.asUintN(64, one.sum + other.sum) };
}
