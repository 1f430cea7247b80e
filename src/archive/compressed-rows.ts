import { CopyTail, TERMINATOR_NEWLINES } from './copy-tail.js';
import { Decompressor, isReadable } from './decompressor.js';
import { NewlineCounter } from './newlines.js';
import type { CompressionAlgorithm } from './types.js';

/** Counts the rows of one compressed block by decompressing it. Buffering: that of the decompressor; rows are dropped as soon as they are counted. */
export class CompressedRows {
  private readonly newlines = new NewlineCounter();
  private readonly tail = new CopyTail();
  private count = 0;
  private readonly decompressor: Decompressor;

  /** Null where the contents cannot be read: lz4, and zstd before Node 22.15. `name` is said in errors. */
  static open(algorithm: CompressionAlgorithm, name: string): CompressedRows | null {
    return isReadable(algorithm) ? new CompressedRows(algorithm, name) : null;
  }

  private constructor(algorithm: 'gzip' | 'zstd', name: string) {
    this.decompressor = new Decompressor(algorithm, name, (text) => {
      this.newlines.attach(text);
      this.count += this.newlines.count(0, text.length);
      this.tail.push(text, 0, text.length);
    });
  }

  /** Newlines seen so far. */
  get rowsSeen(): number {
    return this.count;
  }

  /** See Decompressor.write. */
  write(bytes: Buffer, endsChunk: boolean): void {
    this.decompressor.write(bytes, endsChunk);
  }

  /** Throws ARCHIVE_DAMAGED. */
  async flush(): Promise<void> {
    await this.decompressor.flush();
  }

  /** The rows of the block; null when it is not complete COPY text. Throws ARCHIVE_DAMAGED. */
  async end(): Promise<number | null> {
    await this.decompressor.end();
    return this.tail.terminated() ? this.count - TERMINATOR_NEWLINES : null;
  }
}
