/** A directory archive of pg_dump, read as the archive in custom format that it would be. docs/adr/0008-virtual-archive.md */
import { CopyTail } from '../../archive/copy-tail.js';
import { blockStart, CHUNK_BYTES, frameBytes, intBytes, oidStart, zero } from '../../archive/directory-frames.js';
import { customHead, entriesWithFiles, TOC_FILE } from '../../archive/directory-head.js';
import { parseHead } from '../../archive/head.js';
import type { ArchiveHead } from '../../archive/types.js';
import { PhaseliftError } from '../../foundation/errors.js';
import { findBlocks, measure, methodOf, objectsOf, type Block, type BlockLengths } from './archive-blocks.js';
import { knownChunksLength, readChunks } from './data-file.js';
import { damagedFile, inFile } from './errors.js';

const NO_BYTES = Buffer.alloc(0);

/** Some bytes of a block, and where in the block (or the archive) they stand. */
interface Stretch {
  at: number;
  bytes: Buffer;
}

/**
 * The virtual archive: the head of `toc.dat` in custom format, then a block for each file with data, in TOC order. Its bytes
 * depend on the files only. Buffering: one chunk for each read.
 */
export class DirectoryArchive {
  private constructor(
    private readonly path: string,
    readonly head: ArchiveHead,
    private readonly blocks: readonly Block[],
  ) {}

  /**
   * Reads `toc.dat` and looks at the files. `known` are the lengths that a manifest says, which save the reading of
   * compressed files; a plain file that does not fit them is damage. Throws ARCHIVE_FORMAT, ARCHIVE_DAMAGED or STORE,
   * naming the file.
   */
  static async open(path: string, toc: Buffer, known: BlockLengths | null): Promise<DirectoryArchive> {
    const tocHead = inFile(`${path}/${TOC_FILE}`, () => parseHead(toc));
    const entries = inFile(`${path}/${TOC_FILE}`, () => entriesWithFiles(tocHead));
    const usual = tocHead.header.compression.algorithm;
    const blocks = await findBlocks(path, entries, usual);
    const method = await methodOf(path, blocks, usual);
    const head = inFile(`${path}/${TOC_FILE}`, () => customHead(tocHead, method));
    for (const block of blocks) await measure(path, block, head, known?.get(block.entry.dumpId));
    return new DirectoryArchive(path, head, blocks);
  }

  /** Bytes of the whole; null when compressed files have to be read for it. */
  get sizeBytes(): number | null {
    let sum = this.head.bytes.length;
    for (const { length } of this.blocks) {
      if (length === null) return null;
      sum += length;
    }
    return sum;
  }

  /** Dump ids of the blocks that can only be read from their start, and had better not be cut. */
  get wholeBlocks(): ReadonlySet<number> {
    return new Set(this.blocks.filter((block) => block.isDecompressed).map(({ entry }) => entry.dumpId));
  }

  /** The bytes [offset, offset + length); those there are when `length` is Infinity. Throws ARCHIVE_TRUNCATED when it ends earlier. */
  async *read(range: { offset: number; length: number; signal?: AbortSignal | undefined }): AsyncGenerator<Buffer> {
    const { offset, signal } = range;
    const end = offset + range.length;
    let start = 0;
    for await (const { at, bytes } of this.stretches(offset)) {
      signal?.throwIfAborted();
      start = at + bytes.length;
      const wanted = bytes.subarray(Math.max(0, offset - at), Math.max(0, end - at));
      if (wanted.length > 0) yield wanted;
      if (start >= end) return;
    }
    if (end === Infinity || start >= end) return;
    throw new PhaseliftError(
      'ARCHIVE_TRUNCATED',
      `${this.path} ends at byte ${start} of its archive, ${end} were asked for`,
    );
  }

  /** All stretches of the archive, from the one that holds `from` on. */
  private async *stretches(from: number): AsyncGenerator<Stretch> {
    const { bytes } = this.head;
    if (from < bytes.length) yield { at: 0, bytes };
    let start = bytes.length;
    for (const block of this.blocks) {
      if (block.length === null || start + block.length > from) {
        const isWhole = from <= start;
        let end = 0;
        for await (const stretch of this.blockStretches(block, Math.max(0, from - start), isWhole)) {
          end = stretch.at + stretch.bytes.length;
          yield { at: start + stretch.at, bytes: stretch.bytes };
        }
        if (block.length !== null && block.length !== end) {
          throw damagedFile(
            block.data.path,
            block.object,
            `makes ${end} bytes of the archive instead of ${block.length}`,
          );
        }
        block.length = end;
      }
      start += block.length;
    }
  }

  private async *blockStretches(block: Block, from: number, isWhole: boolean): AsyncGenerator<Stretch> {
    const { intSize } = this.head.header;
    const start = blockStart(block.kind, block.entry.dumpId, intSize);
    yield { at: 0, bytes: start };
    let at = start.length;
    const body = block.kind === 'table' ? this.tableBody(block, at, from, isWhole) : this.objectsBody(block, at, from);
    for await (const stretch of body) {
      at = stretch.at + stretch.bytes.length;
      yield stretch;
    }
    yield { at, bytes: zero(intSize) };
  }

  private async *tableBody(block: Block, start: number, from: number, isWhole: boolean): AsyncGenerator<Stretch> {
    const { intSize, compression } = this.head.header;
    const isText = block.entry.copyStatement !== '' && compression.algorithm === 'none';
    const tail = isText && isWhole ? new CopyTail() : null;
    const chunkBytes = CHUNK_BYTES + intBytes(intSize);
    const chunks = block.length === null ? 1 : Math.ceil((block.length - frameBytes(intSize)) / chunkBytes);
    const first = Math.max(0, Math.min(Math.floor((from - start) / chunkBytes), chunks - 1));
    let at = start + first * chunkBytes;
    for await (const bytes of readChunks(block.data, intSize, first)) {
      tail?.push(bytes, intBytes(intSize), bytes.length);
      yield { at, bytes };
      at += bytes.length;
    }
    if (tail?.terminated() === false) {
      throw damagedFile(block.data.path, block.object, 'does not end like the rows of a table: it was cut short');
    }
  }

  private async *objectsBody(block: Block, start: number, from: number): AsyncGenerator<Stretch> {
    const { intSize } = this.head.header;
    let at = start;
    for await (const { oid, data } of objectsOf(this.path, block, this.head)) {
      const length = knownChunksLength(data, intSize);
      const end = length === null ? Infinity : at + length + 2 * intBytes(intSize);
      if (end <= from) {
        at = end;
        // So that whoever counts along knows where this is.
        yield { at, bytes: NO_BYTES };
        continue;
      }
      yield { at, bytes: oidStart(oid, intSize) };
      at += intBytes(intSize);
      for await (const bytes of readChunks(data, intSize, 0)) {
        yield { at, bytes };
        at += bytes.length;
      }
      yield { at, bytes: zero(intSize) };
      at += intBytes(intSize);
    }
  }
}
