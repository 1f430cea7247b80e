import { PhaseliftError } from '../foundation/errors.js';
import { truncatedError } from './archive-errors.js';
import { blockHeader } from './block-header.js';
import { ChunkCutter } from './chunk-cutter.js';
import { TERMINATOR } from './copy-tail.js';
import { encodeInt } from './integers.js';
import type { SliceFrame } from './slice.js';

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
      throw new PhaseliftError('INTERNAL', `the slice at byte ${offset} got more than its ${length} bytes`);
    if (cutter === null) yield bytes;
    else yield* cutter.push(bytes);
  }
  if (seen < length) throw truncatedError(offset + seen, `in the slice of ${length} bytes at byte ${offset}`);
  cutter?.finish();
  if (last) return;
  if (block.kind === 'table') yield Buffer.concat([encodeInt(TERMINATOR.length, intSize), TERMINATOR]);
  yield encodeInt(0, intSize);
}
