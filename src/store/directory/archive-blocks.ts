/** The blocks of a directory archive: which files they are made of, and how long they are. */
import { contentBytesOf, frameBytes, intBytes } from '../../archive/directory-frames.js';
import type { DirectoryEntry } from '../../archive/directory-head.js';
import { entryName } from '../../archive/entry-title.js';
import { largeObjectsIn } from '../../archive/large-object-list.js';
import type { ArchiveHead, CompressionAlgorithm } from '../../archive/types.js';
import { PhaseliftError } from '../../foundation/errors.js';
import { findDataFile, isDecompressed, knownChunksLength, readContents, type DataFile } from './data-file.js';
import { damagedFile } from './errors.js';

/** A block of the virtual archive. */
export interface Block extends DirectoryEntry {
  /** What it holds, for messages. */
  object: string;
  /** A table's contents, or the list of the large objects. */
  data: DataFile;
  /** Bytes; null as long as they are not known: of compressed files until these have been read once. */
  length: number | null;
  /** It can only be read from its start. */
  isDecompressed: boolean;
}

/** Lengths of blocks, bytes, by dump id: a manifest's. */
export type BlockLengths = ReadonlyMap<number, number>;

/** Finds the files of all entries. `usual` is the method that the header names. Throws ARCHIVE_DAMAGED. */
export async function findBlocks(
  directory: string,
  entries: readonly DirectoryEntry[],
  usual: CompressionAlgorithm,
): Promise<Block[]> {
  const blocks: Block[] = [];
  for (const found of entries) {
    const object = entryName(found.entry);
    const data = await findDataFile(directory, found.file, object, found.kind === 'table' ? usual : 'none');
    blocks.push({ ...found, object, data, length: null, isDecompressed: isDecompressed(data) });
  }
  return blocks;
}

/** The method of the virtual archive. lz4 is passed on as it is: a look at one file is enough, as it must hold for all. */
export async function methodOf(
  directory: string,
  blocks: readonly Block[],
  usual: CompressionAlgorithm,
): Promise<'none' | 'lz4'> {
  const one = blocks.find(({ kind }) => kind === 'table')?.data ?? (await firstObject(directory, blocks, usual));
  return one?.algorithm === 'lz4' ? 'lz4' : 'none';
}

async function firstObject(
  directory: string,
  blocks: readonly Block[],
  usual: CompressionAlgorithm,
): Promise<DataFile | null> {
  for (const { data } of blocks) {
    for await (const { oid, file } of largeObjectsIn(readContents(data), data.path)) {
      return findDataFile(directory, file, `large object ${oid}`, usual);
    }
  }
  return null;
}

/** The large objects of a block with their files, in the order of the list. Throws ARCHIVE_DAMAGED or ARCHIVE_FORMAT. */
export async function* objectsOf(
  directory: string,
  block: Block,
  { header }: ArchiveHead,
): AsyncGenerator<{ oid: number; data: DataFile }> {
  let usual = header.compression.algorithm;
  for await (const { oid, file } of largeObjectsIn(readContents(block.data), block.data.path)) {
    const data = await findDataFile(directory, file, `large object ${oid}`, usual);
    checkMethod(directory, data, header);
    usual = data.algorithm;
    yield { oid, data };
  }
}

/**
 * Sets a block's length as far as it can be known without decompressing, and compares it with `known`, which a manifest
 * says. Throws ARCHIVE_DAMAGED.
 */
export async function measure(
  directory: string,
  block: Block,
  head: ArchiveHead,
  known: number | undefined,
): Promise<void> {
  const { intSize } = head.header;
  if (block.kind === 'large-objects') {
    if (known === undefined) await measureObjects(directory, block, head);
    else block.length = known;
    return;
  }
  checkMethod(directory, block.data, head.header);
  const chunks = knownChunksLength(block.data, intSize);
  block.length = chunks === null ? (known ?? null) : chunks + frameBytes(intSize);
  if (known === undefined || block.length === known) return;
  const before = contentBytesOf(known - frameBytes(intSize), intSize) ?? 'those of the manifest';
  throw damagedFile(block.data.path, block.object, `has ${block.data.sizeBytes} bytes instead of ${before}`);
}

async function measureObjects(directory: string, block: Block, head: ArchiveHead): Promise<void> {
  const { intSize } = head.header;
  let length: number | null = frameBytes(intSize);
  for await (const { data } of objectsOf(directory, block, head)) {
    const chunks = knownChunksLength(data, intSize);
    length = length === null || chunks === null ? null : length + chunks + 2 * intBytes(intSize);
  }
  block.length = length;
  block.isDecompressed = length === null;
}

/** One archive has one method: lz4, which is passed on as it is, cannot stand beside others. */
function checkMethod(directory: string, { path, algorithm }: DataFile, { compression }: ArchiveHead['header']): void {
  if ((algorithm === 'lz4') === (compression.algorithm === 'lz4')) return;
  throw new PhaseliftError(
    'ARCHIVE_FORMAT',
    `some files of ${directory} are compressed with lz4 and others are not: ${path} differs from the first`,
    {
      object: path,
      hint: 'Compress or decompress them alike (`lz4 -d FILE`), or restore the directory with pg_restore.',
    },
  );
}
