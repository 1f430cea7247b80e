import { createHash } from 'node:crypto';
import { PhaseliftError } from '../foundation/errors.js';
import { formatError } from './archive-errors.js';
import { archiveIdentity } from './archive-identity.js';
import { BlockParser } from './block-parser.js';
import { HeadParser } from './head.js';
import type { MapperOptions } from './mapper-options.js';
import { SEGMENT_BYTES } from './segment-size.js';
import type { ToldRun } from './told-rows.js';
import type { ArchiveContents, ArchiveHead } from './types.js';

/**
 * Reads along while an archive in custom format streams past, and ends with its map.
 *
 * Buffering: the head is kept, the blocks are not: memory depends on the number of TOC entries and segments only. Chunks
 * may have any size. Await each push() before the next: it takes longer only while a decompressor has to catch up. After an
 * error every further call fails with the same one.
 */
export class ArchiveMapper {
  /** Null until header and TOC are complete. */
  head: ArchiveHead | null = null;
  private readonly headParser = new HeadParser();
  private readonly options: Required<MapperOptions>;
  private blockParser: BlockParser | null = null;
  private failure: { error: unknown } | null = null;
  private size = 0;

  constructor(options: MapperOptions = {}) {
    this.options = {
      segmentBytes: Math.max(1, options.segmentBytes ?? SEGMENT_BYTES),
      wholeBlocks: options.wholeBlocks ?? new Set(),
      isTold: options.isTold ?? false,
      isDigested: options.isDigested ?? true,
    };
  }

  get bytesSeen(): number {
    return this.size;
  }

  /** Rows of tables so far, for progress: where rows cannot be read they are not in it. */
  get rowsSeen(): number {
    return this.blockParser?.rowsSeen ?? 0;
  }

  /** The archive begins with this head, which has been parsed already: its bytes are not to be pushed. */
  begin(head: ArchiveHead): void {
    this.head = head;
    this.size += head.bytes.length;
    this.blockParser = new BlockParser(head, this.options);
  }

  /**
   * Takes the next bytes. Throws ARCHIVE_FORMAT for bytes that pg_dump does not write, ARCHIVE_DAMAGED for compressed rows
   * that cannot be decompressed.
   */
  async push(chunk: Buffer): Promise<void> {
    await this.pushAtOnce(chunk);
  }

  /** The same, without a promise where there is nothing to wait for: then it returns null, and throws what it finds. */
  pushAtOnce(chunk: Buffer): Promise<void> | null {
    if (this.failure !== null) throw this.failure.error;
    const fail = (error: unknown): never => {
      this.failure = { error };
      throw error;
    };
    try {
      this.size += chunk.length;
      const waiting = this.blockParser === null ? this.pushHead(chunk) : this.blockParser.push(chunk);
      return waiting === null ? null : waiting.catch(fail);
    } catch (error) {
      return fail(error);
    }
  }

  /**
   * The chunk of a compressed table that was pushed last has this run. Throws INTERNAL where none was, and where the mapper
   * counts for itself.
   */
  tell(run: ToldRun): void {
    this.blocks().tell(run);
  }

  /** A segment of a compressed table ends behind the chunk that was pushed last; throws as tell() does. */
  endSegment(): void {
    this.blocks().endSegment();
  }

  private blocks(): BlockParser {
    if (this.blockParser === null) throw new PhaseliftError('INTERNAL', 'the archive has no head yet');
    return this.blockParser;
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
    const { isDigested } = this.options;
    const headSha256 = isDigested ? createHash('sha256').update(head.bytes).digest('hex') : '';
    const mapped = { head: { length: head.bytes.length, sha256: headSha256 }, blocks };
    return { head, map: { sizeBytes: this.size, sha256: isDigested ? archiveIdentity(mapped) : '', ...mapped } };
  }

  private pushHead(chunk: Buffer): Promise<void> | null {
    const head = this.headParser.push(chunk);
    this.head = head;
    if (head === null) return null;
    if (head.header.format !== 'custom') {
      throw formatError(head.bytes.length, 'the header', 'a directory archive, whose data is in files beside toc.dat,');
    }
    this.blockParser = new BlockParser(head, this.options);
    const { rest } = this.headParser;
    this.headParser.rest = Buffer.alloc(0);
    return this.blockParser.push(rest);
  }
}
