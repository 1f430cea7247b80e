import { entryTitle } from '../archive/entry-title.js';
import { SEGMENT_BYTES } from '../archive/segment-size.js';
import type { ArchiveHead, BlockMap, TocEntry } from '../archive/types.js';
import { reasonLines } from './reason-lines.js';
import type { UnitBlock } from './unit.js';

/** A plan has at most about so many slices: each is a row of the journal, and a transaction. */
const MOST_SLICES = 10_000;
/** A small archive is cut into about so many: where there are three, two workers take as long as for four. */
const FEW_SLICES = 64;

/**
 * About how many bytes of the archive a slice has: what was asked for; less where that would make a few, which no number of workers can
 * share evenly; more where it would make too many.
 */
export function sliceBytesFor(blocks: readonly BlockMap[], wanted: number): number {
  const total = blocks.reduce((sum, { length }) => sum + length, 0);
  const even = Math.max(SEGMENT_BYTES, Math.ceil(total / FEW_SLICES));
  return Math.max(Math.min(wanted, even), Math.ceil(total / MOST_SLICES));
}

/**
 * Cuts a block at its segments into slices of about equal size, each of about `sliceBytes` or less, and at least one segment. A block
 * that has one segment, as it can only be read from its start, is one slice.
 */
export function slicesOf({ dumpId, length, segments }: BlockMap, sliceBytes: number): UnitBlock[] {
  const count = Math.min(segments.length, Math.max(1, Math.ceil(length / sliceBytes)));
  const slices: UnitBlock[] = [];
  let fromSegment = 0;
  let bytes = 0;
  for (const [at, segment] of segments.entries()) {
    bytes += segment.length;
    const isLast = at === segments.length - 1;
    const mayEnd = bytes >= (length / count) * (slices.length + 1);
    if (!isLast && !mayEnd) continue;
    slices.push({ dumpId, fromSegment, toSegment: at + 1 });
    fromSegment = at + 1;
  }
  return slices;
}

/** Bytes of the archive that a slice has. */
export function bytesOfSlice({ segments }: BlockMap, { fromSegment, toSegment }: UnitBlock): number {
  return segments.slice(fromSegment, toSegment).reduce((sum, { length }) => sum + length, 0);
}

/** Why large blocks are loaded as a whole that have no place to be cut at, for people. `entries` are what is loaded. */
export function uncutReasons(
  { header }: Pick<ArchiveHead, 'header'>,
  entries: readonly TocEntry[],
  blocks: readonly BlockMap[],
  sliceBytes: number,
): string[] {
  const large = new Set(
    blocks
      .filter(({ length, segments }) => length > 2 * sliceBytes && segments.length === 1)
      .map(({ dumpId }) => dumpId),
  );
  const reasonOf = ({ copyStatement, desc }: TocEntry): string =>
    header.compression.algorithm !== 'none'
      ? 'what one pg_dump has compressed can only be read from its start'
      : copyStatement === '' && desc !== 'BLOBS'
        ? 'its rows are INSERT statements'
        : 'the archive has no place to cut it';
  return reasonLines(
    entries
      .filter(({ dumpId }) => large.has(dumpId))
      .map((entry) => {
        const title = entryTitle(entry);
        return { what: `${title} is loaded as a whole, by one worker`, title, reason: reasonOf(entry) };
      }),
  );
}
