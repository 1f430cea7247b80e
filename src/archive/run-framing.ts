import { adler32, combineAdler32, EMPTY_ADLER32, encodeAdler32 } from './adler32.js';
import { TERMINATOR } from './copy-tail.js';
import type { CompressionAlgorithm, RunText } from './types.js';

/** No text. */
export const NO_TEXT: RunText = { bytes: 0, adler32: EMPTY_ADLER32 };

/** The second text behind the first. */
export function joinedText(first: RunText, second: RunText): RunText {
  return {
    bytes: first.bytes + second.bytes,
    adler32: combineAdler32(first.adler32, second.adler32, second.bytes),
  };
}

/** The text that ends every table, see TERMINATOR. */
export const TERMINATOR_TEXT: RunText = { bytes: TERMINATOR.length, adler32: adler32(TERMINATOR) };

/**
 * What a compressed block has besides the runs of its rows, each a chunk of its own, so that it may have any number of runs, and
 * any range of them: each can be decompressed without those before it.
 */
export interface RunFraming {
  /** Ahead of the first run; null where there is nothing. */
  readonly prefix: Buffer | null;
  /** TERMINATOR, as the last run. */
  readonly terminator: Buffer;
  /** Behind the last run. `null` where there is nothing. `text` is that of all runs. */
  suffix(text: RunText): Buffer | null;
  /** How long it is. */
  readonly suffixBytes: number;
}

/** An empty last deflate block, as zlib ends a stream that was flushed. */
export const LAST_DEFLATE_BLOCK = Buffer.from([0x03, 0x00]);
export const ADLER32_BYTES = 4;

/** One zlib stream for each block; runs are deflate blocks that end at a byte and look back at no other run. Source: RFC 1950, 1951. */
const GZIP: RunFraming = {
  // A window of 32 KiB; the level that it names is for the eye only.
  prefix: Buffer.from([0x78, 0x9c]),
  // A stored block: its length, the same inverted, its bytes.
  terminator: Buffer.concat([Buffer.from([0x00, TERMINATOR.length, 0x00, 0xff - TERMINATOR.length, 0xff]), TERMINATOR]),
  suffix: (text) => Buffer.concat([LAST_DEFLATE_BLOCK, encodeAdler32(text.adler32)]),
  suffixBytes: LAST_DEFLATE_BLOCK.length + ADLER32_BYTES,
};

/**
 * One frame for each run. pg_restore leaves a chunk at the end of the frame that it finds there, so that no chunk may have two.
 * Source: RFC 8878, and compress_zstd.c of PostgreSQL.
 */
const ZSTD: RunFraming = {
  prefix: null,
  // The magic number; a single segment whose size is one byte; a last, raw block: its length in the upper 21 bits of three bytes.
  terminator: Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, TERMINATOR.length, (TERMINATOR.length << 3) | 1, 0x00, 0x00]),
    TERMINATOR,
  ]),
  suffix: () => null,
  suffixBytes: 0,
};

/** How runs of this algorithm are framed; null where blocks have none. */
export function runFraming(algorithm: CompressionAlgorithm): RunFraming | null {
  return algorithm === 'gzip' ? GZIP : algorithm === 'zstd' ? ZSTD : null;
}
