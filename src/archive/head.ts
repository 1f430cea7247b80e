import { notAnArchive, truncatedError } from './archive-errors.js';
import { ByteReader, ShortRead } from './byte-reader.js';
import { describeForeignBytes, FOREIGN_SAMPLE_BYTES } from './foreign-bytes.js';
import { MAGIC, readHeader } from './header.js';
import { MAX_ENTRIES, TocParser } from './toc.js';
import type { ArchiveHead, ArchiveHeader, TocEntry } from './types.js';

/** A large chunk is taken over in slices, so that not much more than the head is ever copied. */
const SLICE_BYTES = 256 * 1024;

/**
 * Reads header and TOC from chunks of any size.
 *
 * Buffering: the head is kept whole, since mini archives are cut out of its bytes; the blocks behind it are not. Parsing
 * goes on from the field where the bytes ran out, and not before the bytes that this field needs are there: the work is
 * linear in the size of the head, even one byte at a time.
 */
export class HeadParser {
  /** Null until the TOC is complete. */
  head: ArchiveHead | null = null;
  /** Once `head` is there: what followed it in the chunk that completed it. */
  rest: Buffer = Buffer.alloc(0);
  private readonly reader = new ByteReader();
  private readonly entries: TocEntry[] = [];
  private header: ArchiveHeader | null = null;
  private toc: TocParser | null = null;
  private entryCountAt = 0;
  private shortage: ShortRead | null = null;

  /**
   * Takes the next bytes of the archive; returns the head when it is complete, else null. Throws ARCHIVE_FORMAT for what is
   * not an archive that we know. Not to be called again after that.
   */
  push(chunk: Buffer): ArchiveHead | null {
    for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
      const before = this.reader.size;
      this.reader.append(chunk.subarray(at, at + SLICE_BYTES));
      this.head = this.parse();
      if (this.head === null) continue;
      this.rest = chunk.subarray(at + this.reader.position - before);
      this.reader.release();
      break;
    }
    return this.head;
  }

  /** As `push`, of all bytes that there are: the head that it returns is a part of them, and no copy. */
  whole(bytes: Buffer): ArchiveHead | null {
    this.reader.adopt(bytes);
    this.head = this.parse();
    return this.head;
  }

  /** The error to report when the input ends while the head is not complete. */
  cutError(): Error {
    const { size } = this.reader;
    if (size === 0) return truncatedError(0, 'it is empty');
    if (this.foreign()) return this.foreignError();
    if (this.shortage === null) return truncatedError(size, 'in the header');
    const { field, neededBytes } = this.shortage;
    return truncatedError(size, `while reading ${field}, which goes on to byte ${neededBytes} at least`);
  }

  private parse(): ArchiveHead | null {
    const { size } = this.reader;
    if (this.header === null && this.foreign()) {
      if (size >= FOREIGN_SAMPLE_BYTES) throw this.foreignError();
      return null;
    }
    if (this.shortage !== null && size < this.shortage.neededBytes) return null;
    try {
      return this.read();
    } catch (error) {
      if (!(error instanceof ShortRead)) throw error;
      this.shortage = error;
      return null;
    }
  }

  private read(): ArchiveHead {
    const { header, toc } = this.begin();
    while (this.entries.length < header.entryCount) this.entries.push(toc.next());
    const bytes = this.reader.take(0, this.reader.position);
    return { header, entries: this.entries, bytes, entryCountAt: this.entryCountAt };
  }

  private begin(): { header: ArchiveHeader; toc: TocParser } {
    if (this.header !== null && this.toc !== null) return { header: this.header, toc: this.toc };
    const { reader } = this;
    const header = readHeader(reader);
    const entryCountAt = reader.position;
    const entryCount = reader.int('the count of TOC entries', 0);
    if (entryCount > MAX_ENTRIES)
      throw reader.refuse('the count of TOC entries', `the number ${entryCount}`, entryCountAt);
    this.entryCountAt = entryCountAt;
    this.header = { ...header, entryCount };
    this.toc = new TocParser(reader, this.header);
    return { header: this.header, toc: this.toc };
  }

  /** True when the bytes so far are not the beginning of an archive. */
  private foreign(): boolean {
    const start = this.reader.take(0, MAGIC.length);
    return !start.equals(MAGIC.subarray(0, start.length));
  }

  private foreignError(): Error {
    return notAnArchive(describeForeignBytes(this.reader.take(0, FOREIGN_SAMPLE_BYTES)));
  }
}

/**
 * Header and TOC of bytes that begin with a whole head, of which the head is a part from then on; what follows it is left alone. Also for
 * `toc.dat` of a directory archive. Throws ARCHIVE_TRUNCATED when the head is not complete, ARCHIVE_FORMAT when it is not one.
 */
export function parseHead(bytes: Buffer): ArchiveHead {
  const parser = new HeadParser();
  const head = parser.whole(bytes);
  if (head === null) throw parser.cutError();
  return head;
}
