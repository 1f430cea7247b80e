import { createHash } from 'node:crypto';
import type { ArchiveMap } from './types.js';

/** A stretch of an archive with a digest of its own: the head, or a segment of a block. */
export interface DigestedRange {
  /** Bytes from the start of the archive. */
  offset: number;
  length: number;
  /** SHA-256, hex. */
  sha256: string;
  /** null: header and TOC. */
  dumpId: number | null;
}

/** All ranges of a map, in the order of the archive. */
export function digestedRanges({ head, blocks }: ArchiveMap): DigestedRange[] {
  const segments = blocks.flatMap((block) =>
    block.segments.map(({ offset, length, sha256 }) => ({ offset, length, sha256, dumpId: block.dumpId })),
  );
  return [{ offset: 0, length: head.length, sha256: head.sha256, dumpId: null }, ...segments];
}

/**
 * Compares bytes of an archive that stream past with the digests of ranges. Keeps nothing of the bytes. A range that the
 * stream does not reach the end of is not judged.
 */
export class DigestCheck<Range extends Pick<DigestedRange, 'offset' | 'length' | 'sha256'>> {
  /** The ranges whose bytes were other ones, as far as the stream has come. */
  readonly different: Range[] = [];
  /** Of the range that is being read. */
  private index = 0;
  /** Of the next byte, from the start of the archive. */
  private position: number;
  private hash = createHash('sha256');

  /** `ranges` in order, none inside another. The stream begins at byte `start` of the archive, not behind the first of them. */
  constructor(
    private readonly ranges: readonly Range[],
    start = 0,
  ) {
    this.position = start;
  }

  /** Takes the next bytes. Afterwards `different` has all ranges that end in them and differ. */
  push(chunk: Buffer): void {
    const start = this.position;
    const end = start + chunk.length;
    for (let range = this.ranges[this.index]; range !== undefined; range = this.ranges[++this.index]) {
      const rangeEnd = range.offset + range.length;
      const from = Math.max(range.offset, this.position);
      if (from < end) this.hash.update(chunk.subarray(from - start, rangeEnd - start));
      if (rangeEnd > end) break;
      if (this.hash.digest('hex') !== range.sha256) this.different.push(range);
      this.hash = createHash('sha256');
      this.position = rangeEnd;
    }
    this.position = end;
  }
}
