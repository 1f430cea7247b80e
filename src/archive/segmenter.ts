import { createHash, type Hash } from 'node:crypto';
import type { RunText, Segment } from './types.js';

/** What is in a segment. */
export interface SegmentContents {
  rows: number;
  text?: RunText;
}

/**
 * Tiles one block with segments and digests each.
 *
 * Buffering: none. What belongs to the current segment is hashed in stretches as long as the chunks fed allow: up to a
 * cut, or up to the chunk's end, when suspend() is called.
 */
export class Segmenter {
  /** Where the current segment begins, bytes from the start of the archive. */
  start: number;
  private readonly segments: Segment[] = [];
  private hash: Hash | null;
  /** Where in the current chunk the part begins that is not hashed yet. */
  private hashFrom: number;
  private chunkBytesLeft = 0;

  /**
   * The block begins at `start` of the archive with `header`, whose bytes may have come in earlier chunks; what follows
   * the header begins at `at` of the current chunk. Not `isDigested`: digests stay empty.
   */
  constructor(
    start: number,
    header: Buffer,
    at: number,
    private readonly isDigested: boolean,
  ) {
    this.start = start;
    this.hash = this.begunHash();
    this.hash?.update(header);
    this.hashFrom = at;
  }

  /** Ends the segment at `end` of the archive, `at` of the chunk; `contents` are its own. The next one begins there. */
  cut(chunk: Buffer, at: number, end: number, contents: SegmentContents, chunkBytesLeft: number): void {
    this.add(chunk, at, end, contents);
    this.start = end;
    this.hash = this.begunHash();
    this.hashFrom = at;
    this.chunkBytesLeft = chunkBytesLeft;
  }

  /** The chunk is used up; the next one goes on where it ended. */
  suspend(chunk: Buffer): void {
    this.hash?.update(this.hashFrom === 0 ? chunk : chunk.subarray(this.hashFrom));
    this.hashFrom = 0;
  }

  /** Ends the last segment, with the block. `contents` null: nothing is known of any segment's rows. */
  finish(chunk: Buffer, at: number, end: number, contents: SegmentContents | null): Segment[] {
    this.add(chunk, at, end, contents ?? { rows: 0 });
    if (contents === null) for (const segment of this.segments) segment.rows = null;
    return this.segments;
  }

  private add(chunk: Buffer, at: number, end: number, { rows, text }: SegmentContents): void {
    this.hash?.update(chunk.subarray(this.hashFrom, at));
    this.segments.push({
      offset: this.start,
      length: end - this.start,
      rows,
      sha256: this.hash?.digest('hex') ?? '',
      chunkBytesLeft: this.chunkBytesLeft,
      ...(text === undefined ? {} : { text }),
    });
  }

  private begunHash(): Hash | null {
    return this.isDigested ? createHash('sha256') : null;
  }
}
