/** Archives that anybody can have put into a store: whole and in pieces, complete and as parts. */
import { createHash } from 'node:crypto';
import { blockText, hasReadableText } from '../../../src/archive/block-text.js';
import { frameSlice } from '../../../src/archive/frame-slice.js';
import { HeadParser, parseHead } from '../../../src/archive/head.js';
import { largeObjectsIn } from '../../../src/archive/large-object-list.js';
import { ArchiveMapper } from '../../../src/archive/mapper.js';
import { miniArchiveHead } from '../../../src/archive/mini-archive.js';
import { sliceOf } from '../../../src/archive/slice.js';
import type { ArchiveContents, ArchiveHead, BlockMap } from '../../../src/archive/types.js';
import { checkMapConsistency } from '../../../src/store/map-consistency.js';
import { finding, type FuzzTarget } from '../fuzz-target.js';
import { expectSame, laterOutcomeOf, outcomeOf } from '../outcome.js';
import { checkHead } from './archive-head.js';
import { ARCHIVE_TOKENS, BAD_ARCHIVE, BAD_HEAD } from './archive-words.js';

/** Sizes of pieces, bytes: the length of an input chooses, so that an input alone says all. */
const PIECES = [1, 3, 7, 64, 1000, 65_536];
/** Small enough that short inputs have several segments. */
const SEGMENT_BYTES = [1, 16, 200, 1024];
/** Of one block: more of them do the same again. */
const MOST_SLICES = 8;

export const archive: FuzzTarget = { run, tokens: ARCHIVE_TOKENS };

async function run(bytes: Buffer): Promise<void> {
  const piece = PIECES[bytes.length % PIECES.length] ?? 1;
  const segmentBytes = SEGMENT_BYTES[bytes.length % SEGMENT_BYTES.length] ?? 1;
  const whole = outcomeOf(BAD_HEAD, () => parseHead(bytes));
  const pieces = outcomeOf(BAD_HEAD, () => headOfPieces(bytes, piece));
  expectSame(whole, pieces, 'a head whole and in pieces');
  await laterOutcomeOf(BAD_HEAD, () => all(largeObjectsIn(inPieces(bytes, piece), 'blobs.toc')));
  if ('refusal' in whole) return;
  checkHead(whole.value);
  if (whole.value.header.format === 'directory') return;
  const mapped = await laterOutcomeOf(BAD_ARCHIVE, () => mapOfPieces(bytes, bytes.length, segmentBytes));
  const again = await laterOutcomeOf(BAD_ARCHIVE, () => mapOfPieces(bytes, piece, segmentBytes));
  // What is damaged twice may be refused for either: a decompressor runs behind the frames.
  if ('refusal' in mapped && 'refusal' in again) return;
  expectSame(mapped, again, 'an archive whole and in pieces');
  if ('value' in mapped) await checkMap(mapped.value, bytes, piece);
}

function headOfPieces(bytes: Buffer, size: number): ArchiveHead {
  const parser = new HeadParser();
  for (let at = 0; at < bytes.length; at += size) {
    const head = parser.push(bytes.subarray(at, at + size));
    if (head !== null) return head;
  }
  throw parser.cutError();
}

async function mapOfPieces(bytes: Buffer, size: number, segmentBytes: number): Promise<ArchiveContents> {
  const mapper = new ArchiveMapper({ segmentBytes });
  for await (const piece of inPieces(bytes, size)) await mapper.push(piece);
  return mapper.end();
}

/** What is made of a map and the archive it is of. */
async function checkMap({ head, map }: ArchiveContents, bytes: Buffer, piece: number): Promise<void> {
  const fault = checkMapConsistency(map);
  if (fault !== null) finding(`a map that contradicts itself: ${fault}`);
  let end = head.bytes.length;
  for (const block of map.blocks) {
    if (block.offset !== end) finding(`a block at ${block.offset} behind what ends at ${end}`);
    end += block.length;
    for (const { offset, length, sha256 } of block.segments) {
      if (sha256 !== digest(bytes.subarray(offset, offset + length))) finding(`the digest of the segment at ${offset}`);
    }
    await checkSlices(head, block, bytes, piece);
  }
  if (end !== bytes.length) finding(`an archive of ${bytes.length} bytes whose blocks end at ${end}`);
}

/** Each slice is an archive of its own, with the rows that the map says. */
async function checkSlices(head: ArchiveHead, block: BlockMap, bytes: Buffer, piece: number): Promise<void> {
  const isPlain = head.header.compression.algorithm === 'none';
  const mini = miniArchiveHead(head, new Set([block.dumpId]));
  const entries = parseHead(mini).entries.filter(({ hasData }) => hasData).length;
  const isText = (head.entries.find(({ dumpId }) => dumpId === block.dumpId)?.copyStatement ?? '') !== '';
  const count = isPlain ? block.segments.length : 1;
  for (let index = 0; index < Math.min(count, MOST_SLICES); index++) {
    const [from, to] = isPlain ? [index, index + 1] : [0, block.segments.length];
    const frame = sliceOf(head.header, block, from, to);
    const raw = bytes.subarray(frame.offset, frame.offset + frame.length);
    const framed = Buffer.concat(await all(frameSlice(frame, inPieces(raw, piece))));
    if (from === 0 && frame.last && !framed.equals(raw)) finding('a slice of all segments that is not the block');
    const rows = block.segments.slice(from, to).reduce((sum, segment) => sum + (segment.rows ?? 0), 0);
    if (entries === 1) {
      const { map } = await mapOfPieces(Buffer.concat([mini, framed]), piece, Infinity);
      if (block.rows !== null && map.blocks[0]?.rows !== rows)
        finding(`a slice of ${rows} rows with ${map.blocks[0]?.rows ?? 'none'}`);
    }
    if (!isText || block.kind !== 'table' || !hasReadableText(head.header)) continue;
    const text = await laterOutcomeOf(BAD_ARCHIVE, () => all(blockText(head.header, 'rows', inPieces(framed, piece))));
    if (block.rows !== null && 'value' in text && lines(Buffer.concat(text.value)) !== rows)
      finding('rows that are not the lines of their text');
  }
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const lines = (bytes: Buffer): number => bytes.reduce((sum, byte) => sum + (byte === 10 ? 1 : 0), 0);

// eslint-disable-next-line @typescript-eslint/require-await -- stands for the reads of a store
async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of source) found.push(one);
  return found;
}
