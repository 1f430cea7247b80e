import { PhaseliftError } from '../errors.js';
import { blockHeader } from './block-header.js';
import { ChunkCutter } from './chunk-cutter.js';
import { truncatedError } from './archive-errors.js';
import { TERMINATOR } from './copy-tail.js';
import { encodeInt } from './integers.js';
import type { ArchiveHeader, BlockMap, Segment } from './types.js';

/** How to make one complete block of the segments [from, to) of a block. */
export interface SliceFrame {
  block: BlockMap;
  segments: readonly Segment[];
  /** Where the segments' bytes stand in the archive: what frameSlice() must be given. */
  offset: number;
  length: number;
  intSize: number;
  /** The slice holds the end of the block; else it gets an end of its own. */
  last: boolean;
}

/**
 * Describes the slice of a block's segments with index [from, to). Pure; reads nothing. Throws INTERNAL for a range that
 * is empty or not of this block.
 */
export function sliceOf(header: ArchiveHeader, block: BlockMap, from: number, to: number): SliceFrame {
  const segments = block.segments.slice(from, to);
  const first = segments[0];
  if (first === undefined || from < 0 || to > block.segments.length) {
    const range = `[${from}, ${to}) of ${block.segments.length}`;
    throw new PhaseliftError('INTERNAL', `The block of dump id ${block.dumpId} has no segments ${range}`);
  }
  return {
    block,
    segments,
    offset: first.offset,
    length: segments.reduce((sum, segment) => sum + segment.length, 0),
    intSize: header.intSize,
    last: to === block.segments.length,
  };
}

/**
 * Frames a slice anew: given the archive's raw bytes [offset, offset + length), yields one complete block, to be put
 * behind a mini archive's head. It checks no digests: whoever reads the raw bytes does.
 *
 * Buffering: none. The archive's bytes pass through as they are, but for the first chunk when a split point cut it (its
 * length is written anew), and likewise the last; then the terminator and the block's end, unless the slice has them.
 * Throws ARCHIVE_TRUNCATED when the source is too short, ARCHIVE_FORMAT when it does not fit the map.
 */
export async function* frameSlice(frame: SliceFrame, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { block, intSize, offset, length, last } = frame;
  if (offset !== block.offset) yield blockHeader(block.kind, block.dumpId, intSize);
  const cutter = block.kind === 'table' && !(last && offset === block.offset) ? new ChunkCutter(frame) : null;
  let seen = 0;
  for await (const bytes of source) {
    seen += bytes.length;
    if (seen > length)
      throw new PhaseliftError('INTERNAL', `The slice at byte ${offset} got more than its ${length} bytes`);
    if (cutter === null) yield bytes;
    else yield* cutter.push(bytes);
  }
  if (seen < length) throw truncatedError(offset + seen, `in the slice of ${length} bytes at byte ${offset}`);
  cutter?.finish();
  if (last) return;
  if (block.kind === 'table') yield Buffer.concat([encodeInt(TERMINATOR.length, intSize), TERMINATOR]);
  yield encodeInt(0, intSize);
}
