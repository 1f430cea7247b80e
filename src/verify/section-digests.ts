import { createHash } from 'node:crypto';
import type { ArchiveMap } from '../archive/types.js';

/** A stretch of an archive with a digest of its own: the head, or a segment of a block. */
export interface DigestedRange {
  /** Bytes from the start of the archive. */
  offset: number;
  length: number;
  sha256: string;
  /** null: header and TOC. */
  dumpId: number | null;
}

/** The sections of a map, in the order of the archive. */
export function sectionsOf({ head, blocks }: ArchiveMap): DigestedRange[] {
  const segments = blocks.flatMap((block) =>
    block.segments.map(({ offset, length, sha256 }) => ({ offset, length, sha256, dumpId: block.dumpId })),
  );
  return [{ offset: 0, length: head.length, sha256: head.sha256, dumpId: null }, ...segments];
}

/** Compares an archive that streams past with the digests of its sections. Keeps nothing of it. */
export class SectionDigests {
  readonly different: DigestedRange[] = [];
  /** Of the section that is being read. */
  private index = 0;
  /** Of the next byte, from the start of the archive. */
  private position = 0;
  private hash = createHash('sha256');

  /** `sections` in order, none inside another. */
  constructor(private readonly sections: readonly DigestedRange[]) {}

  push(chunk: Buffer): void {
    const start = this.position;
    const end = start + chunk.length;
    for (let section = this.sections[this.index]; section !== undefined; section = this.sections[++this.index]) {
      const sectionEnd = section.offset + section.length;
      const from = Math.max(section.offset, this.position);
      if (from < end) this.hash.update(chunk.subarray(from - start, sectionEnd - start));
      if (sectionEnd > end) break;
      if (this.hash.digest('hex') !== section.sha256) this.different.push(section);
      this.hash = createHash('sha256');
      this.position = sectionEnd;
    }
    this.position = end;
  }
}
