import { CopyTail, TERMINATOR_NEWLINES } from './copy-tail.js';
import type { NewlineCounter } from './newlines.js';
import type { Segmenter } from './segmenter.js';

/**
 * Counts the rows of one uncompressed block and cuts it into segments just behind rows. Rows are told by their newlines
 * only: an archive's chunk may be one row (pg_dump up to 18) or hold parts of several (from 19 on).
 */
export class PlainRows {
  private readonly tail = new CopyTail();
  private newlines = 0;
  private newlinesBefore = 0;

  /** `counter` must be attached to every chunk that is taken. */
  constructor(
    private readonly counter: NewlineCounter,
    private readonly segmenter: Segmenter,
    private readonly segmentBytes: number,
  ) {}

  /** Newlines seen so far. */
  get rowsSeen(): number {
    return this.newlines;
  }

  /**
   * The bytes [from, to) of the chunk are the next of the block's contents; the chunk begins at `base` of the archive,
   * and `bytesLeft` bytes of the archive's own chunk follow behind `to`.
   */
  take(chunk: Buffer, from: number, to: number, base: number, bytesLeft: number): void {
    let at = from;
    while (base + to - this.segmenter.start >= this.segmentBytes) {
      const newlineAt = chunk.indexOf(10, Math.max(at, this.segmenter.start + this.segmentBytes - base - 1));
      if (newlineAt === -1 || newlineAt >= to) break;
      this.count(chunk, at, newlineAt + 1);
      at = newlineAt + 1;
      if (this.tail.insideTerminator()) break;
      this.segmenter.cut(chunk, at, base + at, { rows: this.newlines - this.newlinesBefore }, to - at + bytesLeft);
      this.newlinesBefore = this.newlines;
    }
    this.count(chunk, at, to);
  }

  /** The chunk goes away. */
  settle(): void {
    this.tail.settle();
  }

  /** Rows of the block and of its last segment; null when the contents are not complete COPY text. */
  end(): { block: number; lastSegment: number } | null {
    if (!this.tail.terminated()) return null;
    const block = this.newlines - TERMINATOR_NEWLINES;
    return { block, lastSegment: block - this.newlinesBefore };
  }

  private count(chunk: Buffer, from: number, to: number): void {
    this.newlines += this.counter.count(from, to);
    this.tail.push(chunk, from, to);
  }
}
