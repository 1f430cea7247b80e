import { PhaseliftError } from '../foundation/errors.js';
import { joinedText, NO_TEXT, runFraming, type RunFraming } from './run-framing.js';
import type { ArchiveHeader, BlockMap, RunText, Segment } from './types.js';

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
  /** Of a table that is compressed and cut; null for all else. */
  runs: { framing: RunFraming; text: RunText } | null;
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
    throw new PhaseliftError('INTERNAL', `the block of dump id ${block.dumpId} has no segments ${range}`);
  }
  const isCut = segments.length < block.segments.length && block.kind === 'table';
  return {
    block,
    segments,
    offset: first.offset,
    length: segments.reduce((sum, segment) => sum + segment.length, 0),
    intSize: header.intSize,
    last: to === block.segments.length,
    runs: isCut ? runsOf(header, block, segments) : null,
  };
}

function runsOf(header: ArchiveHeader, block: BlockMap, segments: readonly Segment[]): SliceFrame['runs'] {
  const { algorithm } = header.compression;
  if (algorithm === 'none') return null;
  const framing = runFraming(algorithm);
  const needsText = algorithm === 'gzip';
  if (framing === null || (needsText && segments.some(({ text }) => text === undefined))) {
    throw new PhaseliftError('INTERNAL', `the block of dump id ${block.dumpId} was not compressed to be cut`);
  }
  return { framing, text: segments.map(({ text }) => text ?? NO_TEXT).reduce(joinedText, NO_TEXT) };
}
