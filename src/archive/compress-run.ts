import * as zlib from 'node:zlib';
import { adler32 } from './adler32.js';
import { ADLER32_BYTES, LAST_DEFLATE_BLOCK } from './run-framing.js';
import type { RunText } from './types.js';

/** A run of COPY text, compressed. */
export interface CompressedRun {
  bytes: Buffer;
  text: RunText;
}

/**
 * Compresses the text of a block run by run, as RunFraming wants it. Works in Node's thread pool, but for texts that are small: the
 * text must stay as it is until then. Rejects with what zlib throws.
 */
export type RunCodec = (text: Buffer) => Promise<CompressedRun>;

/** What pg_dump takes where no level is given. Source: pg_dump's compress_gzip.c and compress_zstd.c. */
const DEFAULT_LEVELS = { gzip: zlib.constants.Z_DEFAULT_COMPRESSION, zstd: 3 };

/** Up to this the way to another thread and back takes longer than the work. */
const SMALL_BYTES = 8 * 1024;
const ZLIB_HEADER_BYTES = 2;
/** What zlib collects before it gives it away, which costs the main thread a turn: most runs become less than that. */
const OUTPUT_BYTES = 1024 * 1024;

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

function zstdCodec(level: number): RunCodec {
  const params = { [zlib.constants.ZSTD_c_compressionLevel]: level };
  return (text) =>
    new Promise((resolve, reject) => {
      const options = { params, pledgedSrcSize: text.length, chunkSize: OUTPUT_BYTES };
      const done = (bytes: Buffer): void => {
        resolve({ bytes, text: { bytes: text.length, adler32: 0 } });
      };
      if (text.length <= SMALL_BYTES) {
        done(zlib.zstdCompressSync(text, { ...options, chunkSize: SMALL_BYTES }));
        return;
      }
      zlib.zstdCompress(text, options, (error, bytes) => {
        if (error === null) done(bytes);
        else reject(error);
      });
    });
}

function gzipCodec(level: number): RunCodec {
  return async (text) => {
    if (text.length > SMALL_BYTES) return deflate(text, level);
    const bytes = zlib.deflateRawSync(text, {
      level,
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
      chunkSize: SMALL_BYTES,
    });
    return { bytes, text: { bytes: text.length, adler32: adler32(text) } };
  };
}

/** Makes a whole zlib stream, flushed ahead of its end, and takes header and end off: the end has the checksum. */
async function deflate(text: Buffer, level: number): Promise<CompressedRun> {
  const stream = await flushedStream(text, level);
  const adlerAt = stream.length - ADLER32_BYTES;
  return {
    bytes: stream.subarray(ZLIB_HEADER_BYTES, adlerAt - LAST_DEFLATE_BLOCK.length),
    text: { bytes: text.length, adler32: stream.readUInt32BE(adlerAt) },
  };
}

function flushedStream(text: Buffer, level: number): Promise<Buffer> {
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
