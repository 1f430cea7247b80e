import { formatError } from './archive-errors.js';
import { blockHeader } from './block-header.js';
import { encodeInt, IntegerAssembler, MAX_INT, shownInt } from './integers.js';
import type { SliceFrame } from './slice.js';

/**
 * Walks along the chunks of a table's slice and rewrites the lengths of those that its split points cut: the first, when
 * the slice begins inside of it, and the last, when the slice ends inside of it.
 *
 * Buffering: only a chunk length that the source's buffers cut in two. Everything else is passed on as views.
 */
export class ChunkCutter {
  private readonly int: IntegerAssembler;
  /** Bytes of the slice that have not come yet. */
  private left: number;
  /** Bytes that pass before the next chunk length: the block's header, or the rest of a chunk. */
  private passing: number;
  private readonly fromStart: boolean;
  private ended = false;
  private begun = false;

  constructor(private readonly frame: SliceFrame) {
    const { block, offset, intSize } = frame;
    this.int = new IntegerAssembler(intSize);
    this.left = frame.length;
    this.fromStart = offset === block.offset;
    this.passing = this.fromStart
      ? blockHeader(block.kind, block.dumpId, intSize).length
      : Math.min(frame.segments[0]?.chunkBytesLeft ?? 0, frame.length);
  }

  *push(bytes: Buffer): Generator<Buffer> {
    if (!this.begun) {
      this.begun = true;
      // A slice that begins in the middle of a chunk: what is left of it is a chunk of its own.
      if (!this.fromStart && this.passing > 0) yield encodeInt(this.passing, this.frame.intSize);
    }
    let at = 0;
    let keptFrom = 0;
    let end = bytes.length;
    while (at < bytes.length) {
      const partAt = at;
      if (this.passing > 0) {
        at += Math.min(this.passing, bytes.length - at);
        this.passing -= at - partAt;
        this.left -= at - partAt;
        continue;
      }
      const resumed = this.int.started;
      at = this.int.feed(bytes, at);
      this.left -= at - partAt;
      if (!this.int.done) {
        end = partAt;
        break;
      }
      this.passing = this.accept(this.int.value);
      if (this.passing === this.int.value && !resumed) continue;
      if (partAt > keptFrom) yield bytes.subarray(keptFrom, partAt);
      keptFrom = at;
      yield encodeInt(this.passing, this.frame.intSize);
    }
    if (end > keptFrom) yield bytes.subarray(keptFrom, end);
  }

  /** To be called when the whole slice has been pushed. Throws ARCHIVE_FORMAT when it does not end where a slice can. */
  finish(): void {
    if (this.int.started || this.passing > 0 || this.ended !== this.frame.last) throw this.misfit('an end in a chunk');
  }

  /** A chunk of `length` begins; returns how much of it belongs to the slice. */
  private accept(length: number): number {
    const isEnd = length === 0 && this.frame.last && this.left === 0;
    const fits = length > 0 && length <= MAX_INT && this.left > 0;
    if (!fits && !isEnd) throw this.misfit(`a chunk length of ${shownInt(length)}`);
    this.ended = isEnd;
    return this.frame.last ? length : Math.min(length, this.left);
  }

  private misfit(problem: string): Error {
    const { offset, length, block } = this.frame;
    return formatError(offset + length - this.left, `a slice of the data of dump id ${block.dumpId}`, problem);
  }
}
