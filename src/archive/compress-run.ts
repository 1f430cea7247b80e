import * as zlib from 'node:zlib';
import { encodeAdler32 } from './adler32.js';

/** A run of COPY text, compressed. */
export interface CompressedRun {
  bytes: Buffer;
  /** Adler-32 of the run's text for gzip, whose blocks end with that of all their text; else 0. */
  adler32: number;
}

/** Compresses the text of a block run by run: each can be decompressed without those before it. */
export interface RunCodec {
  /** Stands ahead of a block's first run, as a chunk of its own; empty where there is nothing to write. */
  readonly prefix: Buffer;
  /** Works in Node's thread pool; the text must stay as it is until then. Rejects with what zlib throws. */
  compress(text: Buffer): Promise<CompressedRun>;
  /** Stands behind a block's last run, as a chunk of its own; `text` is that of all runs, as bytes and Adler-32. */
  suffix(text: { bytes: number; adler32: number }): Buffer;
}

/** What pg_dump takes where no level is given. Source: pg_dump's compress_gzip.c and compress_zstd.c. */
const DEFAULT_LEVELS = { gzip: zlib.constants.Z_DEFAULT_COMPRESSION, zstd: 3 };

/** The header of a zlib stream with a window of 32 KiB; its level is for the eye only. Source: RFC 1950. */
const ZLIB_HEADER = Buffer.from([0x78, 0x9c]);
/** An empty last deflate block, as zlib ends a stream that was flushed. */
const LAST_BLOCK = Buffer.from([0x03, 0x00]);
const ADLER32_BYTES = 4;
/** What zlib collects before it gives it away: as much as a small run becomes. */
const OUTPUT_BYTES = 256 * 1024;

/**
 * The codec for the value of `dump-compress`, as pg_dump's `-Z` takes it: `0` to `9`, `gzip:N`, `zstd:N`. Null where nothing
 * is compressed, and where pg_dump has to do it: lz4, zstd before Node 22.15, and details other than a level.
 */
export function runCodec(compress: string): RunCodec | null {
  const found = /^(?:(\d)|(gzip|zstd)(?::(?:level=)?(-?\d+))?)$/.exec(compress);
  if (found === null) return null;
  const [, digit, algorithm = 'gzip', number = digit] = found;
  if (algorithm === 'zstd') {
    return 'zstdCompress' in zlib ? zstdCodec(number === undefined ? DEFAULT_LEVELS.zstd : Number(number)) : null;
  }
  const level = number === undefined ? DEFAULT_LEVELS.gzip : Number(number);
  const isLevel = level === DEFAULT_LEVELS.gzip || (level >= 1 && level <= 9);
  return isLevel ? gzipCodec(level) : null;
}

/** One frame for each run. */
function zstdCodec(level: number): RunCodec {
  const params = { [zlib.constants.ZSTD_c_compressionLevel]: level };
  return {
    prefix: Buffer.alloc(0),
    compress: (text) =>
      new Promise((resolve, reject) => {
        zlib.zstdCompress(text, { params, pledgedSrcSize: text.length }, (error, bytes) => {
          if (error === null) resolve({ bytes, adler32: 0 });
          else reject(error);
        });
      }),
    suffix: () => Buffer.alloc(0),
  };
}

/** One zlib stream for each block; each run is deflate blocks that end at a byte and look back at no other run. */
function gzipCodec(level: number): RunCodec {
  return {
    prefix: ZLIB_HEADER,
    compress: async (text) => strip(await deflate(text, level)),
    suffix: ({ adler32 }) => Buffer.concat([LAST_BLOCK, encodeAdler32(adler32)]),
  };
}

/** A whole zlib stream, flushed ahead of its end. */
function deflate(text: Buffer, level: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const stream = zlib.createDeflate({ level, chunkSize: OUTPUT_BYTES });
    const pieces: Buffer[] = [];
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    stream.once('end', () => {
      resolve(Buffer.concat(pieces));
    });
    stream.once('error', reject);
    stream.write(text);
    // Ended at once, it would finish with the text itself and leave the flush out.
    stream.flush(zlib.constants.Z_SYNC_FLUSH, () => stream.end());
  });
}

/** Takes header and end off a stream; the end has the checksum. */
function strip(stream: Buffer): CompressedRun {
  const adlerAt = stream.length - ADLER32_BYTES;
  return {
    bytes: stream.subarray(ZLIB_HEADER.length, adlerAt - LAST_BLOCK.length),
    adler32: stream.readUInt32BE(adlerAt),
  };
}
