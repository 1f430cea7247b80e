import { createHash } from 'node:crypto';
import { inflateSync, zstdDecompressSync } from 'node:zlib';
import { expect } from '@jest/globals';
import { decodeInt } from '../../src/archive/integers.js';
import { parseHead } from '../../src/archive/head.js';
import type { CompressionAlgorithm, TocEntry } from '../../src/archive/types.js';
import { runProgram } from '../../testbed/run-program.js';

/** What two archives of the same data have in common, however their rows are cut into chunks, and whatever compresses them. */
export interface JoinedArchive {
  /** Of the header, without the time and the compression. */
  header: string[];
  /** The whole TOC in its order; where an entry stands in the bytes is 0. */
  entries: TocEntry[];
  /** In the order of the archive, a line each: kind, dump id, bytes and SHA-256 of the joined, decompressed contents. */
  blocks: string[];
  compression: CompressionAlgorithm;
  /** Bytes of all joined contents. */
  textBytes: number;
}

const TABLE = 1;
const LARGE_OBJECTS = 3;

/** Reads an archive in custom format to its end. It shares nothing with the mapper but the decoding of the TOC. */
export function joinedArchive(bytes: Buffer): JoinedArchive {
  const { header, entries, bytes: head } = parseHead(bytes);
  const { intSize } = header;
  const { algorithm } = header.compression;
  const blocks: string[] = [];
  let at = head.length;
  let textBytes = 0;

  const int = (): number => {
    const value = decodeInt(bytes, at, intSize);
    at += intSize + 1;
    return value;
  };
  const joined = (): Buffer => {
    const chunks: Buffer[] = [];
    for (let length = int(); length !== 0; length = int()) {
      if (length < 0 || at + length > bytes.length)
        throw new Error(`a chunk of ${length} bytes ends behind the archive`);
      chunks.push(bytes.subarray(at, (at += length)));
    }
    return decompressed(Buffer.concat(chunks), algorithm);
  };
  const described = (text: Buffer): string => {
    textBytes += text.length;
    return `${text.length} bytes, ${createHash('sha256').update(text).digest('hex')}`;
  };

  while (at < bytes.length) {
    const kind = bytes[at++];
    const dumpId = int();
    if (kind === TABLE) {
      blocks.push(`table ${dumpId}: ${described(joined())}`);
    } else if (kind === LARGE_OBJECTS) {
      blocks.push(`large objects ${dumpId}`);
      for (let oid = int(); oid !== 0; oid = int()) blocks.push(`large object ${oid}: ${described(joined())}`);
    } else {
      throw new Error(`byte ${at - 1} begins no block: ${String(kind)}`);
    }
  }
  return {
    header: [JSON.stringify(header.version), header.databaseName, header.serverVersion, header.dumpVersion],
    entries: entries.map((entry) => ({ ...entry, start: 0, end: 0, offsetFlagAt: 0 })),
    blocks,
    compression: algorithm,
    textBytes,
  };
}

function decompressed(bytes: Buffer, algorithm: CompressionAlgorithm): Buffer {
  if (bytes.length === 0) return bytes;
  switch (algorithm) {
    case 'none':
      return bytes;
    case 'gzip':
      return inflateSync(bytes);
    case 'zstd':
      return framesOf(bytes);
    case 'lz4':
      throw new Error('nothing here reads lz4');
  }
}

/** Any number of frames, one behind the other: Node's decompressor ends with the first. */
function framesOf(bytes: Buffer): Buffer {
  const texts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const { buffer, engine } = zstdDecompressSync(bytes.subarray(at), { info: true }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    texts.push(buffer);
    at += engine.bytesWritten;
  }
  return Buffer.concat(texts);
}

/** Both archives say the same, to the byte once chunks are joined; and stock pg_restore (in `programs`) makes the same SQL of both. */
export async function expectSameArchive(ours: Buffer, pgDumps: Buffer, programs: string): Promise<JoinedArchive> {
  const [found, wanted] = [joinedArchive(ours), joinedArchive(pgDumps)];
  expect(found.header).toEqual(wanted.header);
  expect(found.entries).toEqual(wanted.entries);
  const named = (archive: JoinedArchive): string[] =>
    archive.blocks.map((block) => `${block} ${titleOf(archive, block)}`);
  expect(named(found)).toEqual(named(wanted));
  const [text, wantedText] = await Promise.all([restoredText(ours, programs), restoredText(pgDumps, programs)]);
  expect(text).toEqual(wantedText);
  return found;
}

function titleOf({ entries }: JoinedArchive, block: string): string {
  const dumpId = Number(/^\D+ (\d+)/.exec(block)?.[1]);
  const entry = entries.find((candidate) => candidate.dumpId === dumpId);
  return entry === undefined ? '' : `${entry.desc} ${entry.namespace}.${entry.tag}`;
}

/** Digest of what `pg_restore -f -` writes of an archive that it reads from stdin. The random key of \restrict is left out. */
async function restoredText(archive: Buffer, programs: string): Promise<string> {
  const pipe = `set -o pipefail; "$PROGRAMS/pg_restore" -f - | LC_ALL=C grep -avE '^\\\\(un)?restrict ' | sha256sum`;
  return runProgram('bash', ['-c', pipe], { env: { PROGRAMS: programs }, input: archive });
}
