import { createHash } from 'node:crypto';
import { formatError } from './archive-errors.js';
import { BlockParser } from './block-parser.js';
import { HeadParser } from './head.js';
import type { ArchiveContents, ArchiveHead } from './types.js';

/** About how large a segment is, bytes, unless told otherwise. */
const DEFAULT_SEGMENT_BYTES = 64 * 1024 * 1024;

/** How finely an archive is mapped. */
export interface MapperOptions {
  /** A segment ends at the first row boundary at or behind this many bytes; at least 1. */
  segmentBytes?: number;
  /** Dump ids of blocks that are one segment whatever their size, as they can only be read from their start. */
  wholeBlocks?: ReadonlySet<number>;
}

/**
 * Reads along while an archive in custom format streams past, and ends with its map.
 *
 * Buffering: the head is kept, the blocks are not: memory depends on the number of TOC entries and segments only. Chunks
 * may have any size. Await each push() before the next: it takes longer only while a decompressor has to catch up. After an
 * error every further call fails with the same one.
 */
export class ArchiveMapper {
  private readonly headParser = new HeadParser();
  private readonly segmentBytes: number;
  private readonly wholeBlocks: ReadonlySet<number>;
  private readonly hash = createHash('sha256');
  private blockParser: BlockParser | null = null;
  private failure: { error: unknown } | null = null;
  private size = 0;

  constructor(options: MapperOptions = {}) {
    this.segmentBytes = Math.max(1, options.segmentBytes ?? DEFAULT_SEGMENT_BYTES);
    this.wholeBlocks = options.wholeBlocks ?? new Set();
  }

  /** Null until header and TOC are complete. */
  get head(): ArchiveHead | null {
    return this.headParser.head;
  }

  get bytesSeen(): number {
    return this.size;
  }

  /** Rows of tables so far, for progress: where rows cannot be read they are not in it. */
  get rowsSeen(): number {
    return this.blockParser?.rowsSeen ?? 0;
  }

  /**
   * Takes the next bytes. Throws ARCHIVE_FORMAT for bytes that pg_dump does not write, ARCHIVE_DAMAGED for compressed rows
   * that cannot be decompressed.
   */
  async push(chunk: Buffer): Promise<void> {
    if (this.failure !== null) throw this.failure.error;
    try {
      this.hash.update(chunk);
      this.size += chunk.length;
      if (this.blockParser !== null) await this.blockParser.push(chunk);
      else await this.pushHead(chunk);
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }

  /**
   * Head and map, once every byte has been pushed. Throws ARCHIVE_TRUNCATED when the archive is not complete: in the middle of
   * something, or without the data of an entry that has data.
   */
  // eslint-disable-next-line @typescript-eslint/require-await -- a promise, as push() is: errors come as rejections
  async end(): Promise<ArchiveContents> {
    if (this.failure !== null) throw this.failure.error;
    const { head } = this;
    if (head === null || this.blockParser === null) throw this.headParser.cutError();
    const blocks = this.blockParser.end();
    const headSha256 = createHash('sha256').update(head.bytes).digest('hex');
    const map = {
      sizeBytes: this.size,
      sha256: this.hash.digest('hex'),
      head: { length: head.bytes.length, sha256: headSha256 },
      blocks,
    };
    return { head, map };
  }

  private async pushHead(chunk: Buffer): Promise<void> {
    const head = this.headParser.push(chunk);
    if (head === null) return;
    if (head.header.format !== 'custom') {
      throw formatError(head.bytes.length, 'the header', 'a directory archive, whose data is in files beside toc.dat,');
    }
    this.blockParser = new BlockParser(head, this.segmentBytes, this.wholeBlocks);
    await this.blockParser.push(this.headParser.rest);
    this.headParser.rest = Buffer.alloc(0);
  }
}
