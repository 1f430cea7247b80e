import { blockHeader } from './block-header.js';
import { CompressedRows } from './compressed-rows.js';
import { entryName } from './entry-title.js';
import type { MapperOptions } from './mapper-options.js';
import type { NewlineCounter } from './newlines.js';
import { PlainRows } from './plain-rows.js';
import { Segmenter, type SegmentContents } from './segmenter.js';
import { ToldRows } from './told-rows.js';
import type { ArchiveHeader, BlockMap, TocEntry } from './types.js';

/** A block that has begun and not ended, and who counts its rows: one of three, or nobody where the contents are passed over. */
export interface OpenBlock {
  entry: TocEntry;
  kind: BlockMap['kind'];
  /** Of its type byte, bytes from the start of the archive. */
  offset: number;
  segmenter: Segmenter;
  /** It is cut at or behind so many bytes. */
  segmentBytes: number;
  plain: PlainRows | null;
  compressed: CompressedRows | null;
  told: ToldRows | null;
}

/** Opens a block whose header ends `at` this byte of the current chunk. */
export function openBlock(
  entry: TocEntry,
  { kind, offset, at }: { kind: BlockMap['kind']; offset: number; at: number },
  { intSize, compression: { algorithm } }: ArchiveHeader,
  { segmentBytes: wanted, wholeBlocks, isTold, isDigested }: Required<MapperOptions>,
  newlines: NewlineCounter,
): OpenBlock {
  const segmenter = new Segmenter(offset, blockHeader(kind, entry.dumpId, intSize), at, isDigested);
  const isCountable = kind === 'table' && entry.copyStatement !== '';
  const isCompressed = algorithm !== 'none';
  const segmentBytes = isCompressed || wholeBlocks.has(entry.dumpId) ? Infinity : wanted;
  const counters = { plain: null, compressed: null, told: null };
  const block = { entry, kind, offset, segmenter, segmentBytes, ...counters };
  if (!isCountable) return block;
  if (!isCompressed) return { ...block, plain: new PlainRows(newlines, segmenter, segmentBytes) };
  if (isTold) return { ...block, told: new ToldRows(algorithm === 'gzip') };
  return { ...block, compressed: CompressedRows.open(algorithm, entryName(entry)) };
}

/**
 * The bytes [from, to) of the chunk are the next of the block's contents; the chunk begins at `base` of the archive, and `bytesLeft` of the
 * archive's own chunk follow behind `to`.
 */
export function takeContents(
  { plain, compressed }: OpenBlock,
  chunk: Buffer,
  from: number,
  to: number,
  base: number,
  bytesLeft: number,
): void {
  if (plain !== null) plain.take(chunk, from, to, base, bytesLeft);
  else if (compressed !== null) compressed.write(chunk.subarray(from, to), bytesLeft === 0);
}

/** Rows of the block, and what is in its last segment, as far as they are known at its end. */
export function rowsOf({ plain, told }: OpenBlock): { rows: number | null; last: SegmentContents | null } {
  if (told !== null) return { rows: told.rowsSeen, last: told.cut() };
  const counted = plain?.end() ?? null;
  return { rows: counted?.block ?? null, last: counted === null ? null : { rows: counted.lastSegment } };
}
