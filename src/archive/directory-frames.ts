/**
 * How the files of a directory archive are framed as blocks of an archive in custom format. The frames are a function of the
 * contents alone, never of how these were read: every range of the virtual archive has the same bytes each time, on every
 * machine and in every version. That is why the size of a chunk must not change.
 */
import { blockHeader } from './block-header.js';
import { encodeInt } from './integers.js';
import type { BlockMap } from './types.js';

/** Contents of a chunk, bytes; only the last of a file may have fewer. Part of the format of manifests: do not change. */
export const CHUNK_BYTES = 256 * 1024;

/** Bytes of an integer. */
export function intBytes(intSize: number): number {
  return 1 + intSize;
}

/** Bytes that `contentBytes` take as chunks, without the length 0 that ends them. */
export function chunksLength(contentBytes: number, intSize: number): number {
  return contentBytes + Math.ceil(contentBytes / CHUNK_BYTES) * intBytes(intSize);
}

/** The opposite: how much contents chunks of this length hold; null when no contents would take that many bytes. */
export function contentBytesOf(length: number, intSize: number): number | null {
  const chunks = Math.ceil(length / (CHUNK_BYTES + intBytes(intSize)));
  const contentBytes = length - chunks * intBytes(intSize);
  return contentBytes >= 0 && chunksLength(contentBytes, intSize) === length ? contentBytes : null;
}

/** Bytes of a block around its chunks: type, dump id and the integer 0 at its end. */
export function frameBytes(intSize: number): number {
  return 1 + 2 * intBytes(intSize);
}

/** The type and dump id that begin a block. */
export function blockStart(kind: BlockMap['kind'], dumpId: number, intSize: number): Buffer {
  return blockHeader(kind, dumpId, intSize);
}

/** A chunk to be filled: its length is written, `contents` are the bytes behind it. */
export function emptyChunk(contentBytes: number, intSize: number): { chunk: Buffer; contents: Buffer } {
  const chunk = Buffer.allocUnsafe(intBytes(intSize) + contentBytes);
  encodeInt(contentBytes, intSize).copy(chunk);
  return { chunk, contents: chunk.subarray(intBytes(intSize)) };
}

/** Buffers of any size as chunks. Buffering: one chunk. */
export async function* asChunks(source: AsyncIterable<Buffer>, intSize: number): AsyncGenerator<Buffer> {
  let { chunk, contents } = emptyChunk(CHUNK_BYTES, intSize);
  let filled = 0;
  for await (const bytes of source) {
    for (let at = 0; at < bytes.length;) {
      const taken = bytes.copy(contents, filled, at);
      at += taken;
      filled += taken;
      if (filled < CHUNK_BYTES) continue;
      yield chunk;
      ({ chunk, contents } = emptyChunk(CHUNK_BYTES, intSize));
      filled = 0;
    }
  }
  if (filled === 0) return;
  const last = emptyChunk(filled, intSize);
  contents.copy(last.contents, 0, 0, filled);
  yield last.chunk;
}

/** The integer 0: the end of a table's block, of a large object, and of all large objects. */
export function zero(intSize: number): Buffer {
  return encodeInt(0, intSize);
}

/** A large object's oid, which begins its chunks. Oids above 2147483647 are negative as C's int. */
export function oidStart(oid: number, intSize: number): Buffer {
  return encodeInt(oid | 0, intSize);
}
