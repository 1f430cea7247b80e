import { PhaseliftError } from '../foundation/errors.js';
import { truncatedError } from './archive-errors.js';
import { blockHeader } from './block-header.js';
import { ChunkCutter } from './chunk-cutter.js';
import { TERMINATOR } from './copy-tail.js';
import { encodeInt } from './integers.js';
import { joinedText, TERMINATOR_TEXT } from './run-framing.js';
import type { SliceFrame } from './slice.js';

/**
 * Frames a slice anew: given the archive's raw bytes [offset, offset + length), yields one complete block, to be put
 * behind a mini archive's head. It checks no digests: whoever reads the raw bytes does.
 *
 * Buffering: none. The archive's bytes pass through as they are, but for the first chunk when a split point cut it (its
 * length is written anew), and likewise the last; then the terminator and the block's end, unless the slice has them.
 * Compressed ones get the beginning of a stream, and an end with the checksum of their own text.
 * Throws ARCHIVE_TRUNCATED when the source is too short, ARCHIVE_FORMAT when it does not fit the map.
 */
export async function* frameSlice(whole: SliceFrame, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const dropped = foreignEnd(whole);
  const frame = dropped === 0 ? whole : { ...whole, length: whole.length - dropped, last: false };
  const { block, offset, length, last } = frame;
  if (offset !== block.offset) yield ownBeginning(frame);
  const cutter = block.kind === 'table' && !(last && offset === block.offset) ? new ChunkCutter(frame) : null;
  let seen = 0;
  for await (const bytes of source) {
    const wanted = bytes.subarray(0, Math.max(0, length - seen));
    seen += bytes.length;
    if (seen > length + dropped)
      throw new PhaseliftError('INTERNAL', `the slice at byte ${offset} got more than its ${length + dropped} bytes`);
    if (wanted.length === 0) continue;
    if (cutter === null) yield wanted;
    else yield* cutter.push(wanted);
  }
  if (seen < length + dropped)
    throw truncatedError(offset + seen, `in the slice of ${whole.length} bytes at byte ${offset}`);
  cutter?.finish();
  if (!whole.last || dropped > 0) yield ownEnd(whole);
}

/** Bytes at the slice's end that are true of the whole block only: the checksum of all its text, and what follows. */
function foreignEnd({ runs, last, intSize }: SliceFrame): number {
  if (runs === null || !last || runs.framing.suffixBytes === 0) return 0;
  const integer = encodeInt(0, intSize).length;
  return integer + runs.framing.suffixBytes + integer;
}

/** What the slice lacks ahead of its first segment. */
function ownBeginning({ block, intSize, runs }: SliceFrame): Buffer {
  return Buffer.concat([blockHeader(block.kind, block.dumpId, intSize), chunk(runs?.framing.prefix ?? null, intSize)]);
}

/** What it lacks behind its last one. */
function ownEnd({ block, intSize, last, runs }: SliceFrame): Buffer {
  const end = encodeInt(0, intSize);
  if (block.kind !== 'table') return end;
  if (runs === null) return Buffer.concat([chunk(TERMINATOR, intSize), end]);
  const { framing, text } = runs;
  if (last) return Buffer.concat([chunk(framing.suffix(text), intSize), end]);
  const ended = joinedText(text, TERMINATOR_TEXT);
  return Buffer.concat([chunk(framing.terminator, intSize), chunk(framing.suffix(ended), intSize), end]);
}

/** As a chunk of the archive; nothing where there is nothing. */
function chunk(contents: Buffer | null, intSize: number): Buffer {
  return contents === null ? Buffer.alloc(0) : Buffer.concat([encodeInt(contents.length, intSize), contents]);
}
