/** One file with data of a directory archive: found, opened, and read as the chunks of a block. */
import { constants, type Stats } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import * as zlib from 'node:zlib';
import { asChunks, CHUNK_BYTES, chunksLength, emptyChunk, intBytes } from '../../archive/directory-frames.js';
import type { CompressionAlgorithm } from '../../archive/types.js';
import { messageOf, PhaseliftError } from '../../foundation/errors.js';
import { damagedFile, directoryError, isMissing, systemCode } from './errors.js';

/** In the order in which pg_restore looks. Source: InitDiscoverCompressFileHandle of compress_io.c. */
const ENDINGS: readonly (readonly [CompressionAlgorithm, string])[] = [
  ['none', ''],
  ['gzip', '.gz'],
  ['lz4', '.lz4'],
  ['zstd', '.zst'],
];

/** Neither through a link, which may lead anywhere, nor waiting for what has no end (a pipe). */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export interface DataFile {
  path: string;
  /** What it holds, for messages: `TABLE DATA app.t (dump id 3402)`. */
  object: string;
  algorithm: CompressionAlgorithm;
  /** On the disk. */
  sizeBytes: number;
}

/**
 * Finds a file by the name that the archive has for it: on the disk it may end like the method of its compression.
 * `expected` is tried first. Throws ARCHIVE_DAMAGED when there is none, or something else than a file.
 */
export async function findDataFile(
  directory: string,
  name: string,
  object: string,
  expected: CompressionAlgorithm = 'none',
): Promise<DataFile> {
  const endings = [...ENDINGS].sort(([one], [other]) => Number(other === expected) - Number(one === expected));
  for (const [algorithm, ending] of endings) {
    const path = join(directory, name + ending);
    const stats = await statOf(path);
    if (stats === null) continue;
    if (!stats.isFile()) throw notAFile(path, object);
    return { path, object, algorithm, sizeBytes: stats.size };
  }
  throw damagedFile(join(directory, name), object, 'is missing');
}

async function statOf(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw directoryError(error, 'read', path);
  }
}

function notAFile(path: string, object: string): PhaseliftError {
  return damagedFile(path, object, 'is a link or no file at all, and archives have neither');
}

/** It can only be read from its start: its contents are what comes out of a decompressor. lz4 is passed on as it is. */
export function isDecompressed({ algorithm }: DataFile): boolean {
  return algorithm === 'gzip' || algorithm === 'zstd';
}

/** Bytes of its contents as chunks; null when these are not known before they have been decompressed. */
export function knownChunksLength(file: DataFile, intSize: number): number | null {
  return isDecompressed(file) ? null : chunksLength(file.sizeBytes, intSize);
}

/** Whether this Node can decompress zstd: from 22.15 on. */
export function canReadZstd(): boolean {
  return 'createZstdDecompress' in zlib;
}

/** Chunks of the file's contents, from the one at `firstChunk` on. Throws ARCHIVE_DAMAGED. */
export async function* readChunks(file: DataFile, intSize: number, firstChunk: number): AsyncGenerator<Buffer> {
  const handle = await openFile(file);
  try {
    if (!isDecompressed(file)) {
      yield* plainChunks(file, handle, intSize, firstChunk);
      return;
    }
    let index = 0;
    for await (const chunk of asChunks(decompressed(file, handle), intSize)) if (index++ >= firstChunk) yield chunk;
  } finally {
    await handle.close();
  }
}

/** The contents of a small file, or of one that is read line by line. */
export async function* readContents(file: DataFile): AsyncGenerator<Buffer> {
  const handle = await openFile(file);
  try {
    if (isDecompressed(file)) yield* decompressed(file, handle);
    else for await (const chunk of plainChunks(file, handle, 4, 0)) yield chunk.subarray(intBytes(4));
  } finally {
    await handle.close();
  }
}

async function openFile({ path, object, sizeBytes }: DataFile): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(path, OPEN_FLAGS);
  } catch (error) {
    if (isMissing(error)) throw damagedFile(path, object, 'is missing', error);
    if (systemCode(error) === 'ELOOP') throw notAFile(path, object);
    throw directoryError(error, 'read', path);
  }
  const stats = await handle.stat();
  if (stats.isFile() && stats.size === sizeBytes) return handle;
  await handle.close();
  if (!stats.isFile()) throw notAFile(path, object);
  throw damagedFile(path, object, `has ${stats.size} bytes instead of ${sizeBytes}`);
}

async function* plainChunks(
  { path, object, sizeBytes }: DataFile,
  handle: FileHandle,
  intSize: number,
  firstChunk: number,
): AsyncGenerator<Buffer> {
  for (let at = firstChunk * CHUNK_BYTES; at < sizeBytes; at += CHUNK_BYTES) {
    const { chunk, contents } = emptyChunk(Math.min(CHUNK_BYTES, sizeBytes - at), intSize);
    for (let filled = 0; filled < contents.length;) {
      const { bytesRead } = await reading(path, () =>
        handle.read(contents, filled, contents.length - filled, at + filled),
      );
      if (bytesRead === 0) throw damagedFile(path, object, `ends after ${at + filled} bytes instead of ${sizeBytes}`);
      filled += bytesRead;
    }
    yield chunk;
  }
}

async function reading<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw directoryError(error, 'read', path);
  }
}

/** Back-pressure is that of the streams; leaving the loop early closes both. */
async function* decompressed(file: DataFile, handle: FileHandle): AsyncGenerator<Buffer> {
  const { path, object, algorithm, sizeBytes } = file;
  // pg_dump makes an empty file of an empty large object with zstd, where an empty stream would have a few bytes.
  if (sizeBytes === 0 && algorithm === 'zstd') return;
  if (algorithm === 'zstd' && !canReadZstd()) {
    throw new PhaseliftError(
      'STORE',
      `${path} is compressed with zstd, which Node ${process.versions.node} cannot read`,
      {
        object: path,
        hint: 'Use Node 22.15 or newer.',
      },
    );
  }
  const source = handle.createReadStream({ autoClose: false, highWaterMark: CHUNK_BYTES });
  const options = { chunkSize: CHUNK_BYTES };
  const decompressor = algorithm === 'zstd' ? zlib.createZstdDecompress(options) : zlib.createGunzip(options);
  pipeline(source, decompressor, ignore);
  try {
    yield* decompressor as AsyncIterable<Buffer>;
    // Node.js passes over what follows a zstd frame, at which pg_restore stops. (Of gzip it refuses it.)
    const readBytes = decompressor.bytesWritten;
    if (algorithm === 'zstd' && readBytes !== sizeBytes) {
      throw damagedFile(path, object, `has ${sizeBytes} bytes, and its compressed contents end after ${readBytes}`);
    }
  } catch (error) {
    if (error instanceof PhaseliftError) throw error;
    throw damagedFile(path, object, `cannot be decompressed (${messageOf(error)})`, error);
  } finally {
    decompressor.destroy();
    source.destroy();
  }
}

function ignore(): void {
  // The reader of the decompressor gets the error.
}
