const NEWLINE = 10;
/** Newlines, and the lowest and highest bits, of four bytes at once. */
const NEWLINES = 0x0a0a0a0a;
const LOW_BITS = 0x01010101;
const HIGH_BITS = 0x80808080;
const OTHER_BITS = 0x7f7f7f7f;

const NO_WORDS = new Int32Array(0);

/**
 * Counts newlines, four bytes at a time: archives of rows of 100 bytes make this, with the digests, the mapper's inner
 * loop, where a call into native code per row would cost more than the row. attach() a chunk, then count() in it.
 */
export class NewlineCounter {
  private chunk: Buffer = Buffer.alloc(0);
  private words: Int32Array = NO_WORDS;
  /** Bytes from the first word's start to the chunk's start. */
  private skew = 0;

  attach(chunk: Buffer): void {
    this.chunk = chunk;
    this.skew = chunk.byteOffset % 4;
    const words = (this.skew + chunk.length) >>> 2;
    this.words = words < 4 ? NO_WORDS : new Int32Array(chunk.buffer, chunk.byteOffset - this.skew, words);
  }

  /** Newlines in [from, to) of the attached chunk. */
  count(from: number, to: number): number {
    const { chunk, words, skew } = this;
    if (to - from < 16 || words.length === 0) return countBytes(chunk, from, to);
    const firstWord = (skew + from + 3) >>> 2;
    const endWord = (skew + to) >>> 2;
    let count = countBytes(chunk, from, (firstWord << 2) - skew);
    for (let at = firstWord; at < endWord; at++) {
      const word = (words[at] ?? 0) ^ NEWLINES;
      // Not zero where a byte of `word` is zero, and sometimes above one that is: count exactly only then.
      if (((word - LOW_BITS) & ~word & HIGH_BITS) !== 0) {
        const zeros = ~(((word & OTHER_BITS) + OTHER_BITS) | word | OTHER_BITS);
        count += Math.imul(zeros >>> 7, LOW_BITS) >>> 24;
      }
    }
    return count + countBytes(chunk, (endWord << 2) - skew, to);
  }
}

function countBytes(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) if (bytes[at] === NEWLINE) count++;
  return count;
}
