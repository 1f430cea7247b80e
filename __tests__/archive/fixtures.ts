import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeInt } from '../../src/archive/integers.js';
import { ArchiveMapper } from '../../src/archive/mapper.js';
import type { MapperOptions } from '../../src/archive/mapper-options.js';
import type { ArchiveContents, ArchiveHead, ArchiveMap, BlockMap, TocEntry } from '../../src/archive/types.js';
import { PhaseliftError } from '../../src/foundation/errors.js';

const DIRECTORY = join(import.meta.dirname, '..', 'fixtures', 'archives');

/** The archives of one database; fixtures/archives/README.md says how they were made. */
export const UNCOMPRESSED = [
  'pg15-none',
  'pg15-none-seekable',
  'pg16-none',
  'pg17-none',
  'pg18-none',
  'pg18-none-rechunked',
];
export const READABLE = [
  ...UNCOMPRESSED,
  'pg15-gzip',
  'pg16-gzip',
  'pg17-gzip',
  'pg18-gzip',
  'pg16-zstd',
  'pg17-zstd',
  'pg18-zstd',
];
export const UNREADABLE = ['pg16-lz4', 'pg17-lz4', 'pg18-lz4'];
export const ALL = [...READABLE, ...UNREADABLE];

export function fixture(name: string): Buffer {
  return readFileSync(join(DIRECTORY, `${name}.dump`));
}

export interface Mapped extends ArchiveContents {
  rowsSeen: number;
}

/** Feeds chunks of the sizes that `nextSize` says. */
export async function mapInChunks(bytes: Buffer, nextSize: () => number, options: MapperOptions = {}): Promise<Mapped> {
  const mapper = new ArchiveMapper(options);
  for (let at = 0; at < bytes.length;) {
    const size = nextSize();
    await mapper.push(bytes.subarray(at, at + size));
    at += size;
  }
  return { ...(await mapper.end()), rowsSeen: mapper.rowsSeen };
}

export async function mapWhole(bytes: Buffer, options: MapperOptions = {}): Promise<Mapped> {
  return mapInChunks(bytes, () => Math.max(bytes.length, 1), options);
}

export function entryOf(head: ArchiveHead, desc: string, tag?: string): TocEntry {
  const entry = head.entries.find(
    (candidate) => candidate.desc === desc && (tag === undefined || candidate.tag === tag),
  );
  if (entry === undefined) throw new Error(`no entry ${desc} ${tag ?? ''}`);
  return entry;
}

export function blockOf(map: ArchiveMap, entry: TocEntry): BlockMap {
  const block = map.blocks.find((candidate) => candidate.dumpId === entry.dumpId);
  if (block === undefined) throw new Error(`no block of ${entry.tag}`);
  return block;
}

export function bytesOf(archive: Buffer, { offset, length }: { offset: number; length: number }): Buffer {
  return archive.subarray(offset, offset + length);
}

/** The joined contents of a table's framed block, which must be complete. */
export function contentsOf(block: Buffer): Buffer {
  const contents: Buffer[] = [];
  let at = 6;
  for (;;) {
    const length = block.readInt32LE(at + 1);
    at += 5;
    if (length === 0) break;
    if (length < 0 || at + length > block.length) throw new Error(`bad chunk of ${length} at ${at}`);
    contents.push(block.subarray(at, at + length));
    at += length;
  }
  if (at !== block.length) throw new Error('bytes behind the block');
  return Buffer.concat(contents);
}

/** What follows one head: its table entry's block with these contents as chunks. */
export function tableBlock(dumpId: number, ...chunks: (Buffer | string)[]): Buffer {
  const framed = chunks.flatMap((chunk) => [encodeInt(Buffer.byteLength(chunk), 4), Buffer.from(chunk)]);
  return Buffer.concat([Buffer.from([1]), encodeInt(dumpId, 4), ...framed, encodeInt(0, 4)]);
}

/** A head with only these entries' bytes, the count changed accordingly. */
export function headOf(head: ArchiveHead, entries: readonly Buffer[], count = entries.length): Buffer {
  return Buffer.concat([head.bytes.subarray(0, head.entryCountAt), encodeInt(count, 4), ...entries]);
}

export function entryBytes(head: ArchiveHead, entry: TocEntry): Buffer {
  return Buffer.from(head.bytes.subarray(entry.start, entry.end));
}

/** Numbers that look random and are the same each time. */
export function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The bytes as a store's reads bring them. */
// eslint-disable-next-line @typescript-eslint/require-await -- stands for a store's reads
export async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The PhaseliftError that `work` ends with. */
export async function failureOf(work: () => unknown): Promise<PhaseliftError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof PhaseliftError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
