import { DigestCheck } from '../archive/digest-check.js';
import { entryTitle } from '../archive/entry-title.js';
import { asNotValid, asValidation } from '../archive/foreign-key.js';
import { frameSlice } from '../archive/frame-slice.js';
import { miniArchiveHead, type Redefine } from '../archive/mini-archive.js';
import { sliceOf, type SliceFrame } from '../archive/slice.js';
import type { Segment } from '../archive/types.js';
import { PhaseliftError } from '../foundation/errors.js';
import type { Unit } from '../plan/unit.js';
import type { OpenArchive } from './open-archive.js';

/** A slice of a unit, and its bytes as one complete block, to be read to its end before the next one is. */
interface FramedSlice {
  dumpId: number;
  block: AsyncGenerator<Buffer>;
}

/**
 * The mini archive of a unit as a stream: header, TOC of the unit's entries, and for each of its slices one complete block.
 */
export async function* unitArchive(
  archive: OpenArchive,
  unit: Unit,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  yield miniArchiveHead(archive.head, new Set(unit.dumpIds), redefinedBy(unit));
  for await (const { block } of unitBlocks(archive, unit, signal, onBytes)) yield* block;
}

/** Foreign keys that are validated later: how they are added, and validated. */
function redefinedBy({ stage, dumpIds, notValid = [] }: Unit): Map<number, Redefine> {
  const [ids, redefine] = stage === 'validation' ? [dumpIds, asValidation] : [notValid, asNotValid];
  return new Map(ids.map((dumpId) => [dumpId, redefine]));
}

/**
 * The slices of a unit. Each segment is compared with its digest as it passes; a difference is thrown as ARCHIVE_DAMAGED, in time
 * to keep the unit from being committed.
 */
export async function* unitBlocks(
  archive: OpenArchive,
  unit: Pick<Unit, 'blocks'>,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): AsyncGenerator<FramedSlice> {
  for (const neighbours of contiguous(slicesOf(archive, unit))) {
    const bytes = new Portions(verified(archive, neighbours, signal, onBytes));
    try {
      for (const slice of neighbours) {
        yield { dumpId: slice.block.dumpId, block: frameSlice(slice, bytes.next(slice.length)) };
      }
    } finally {
      await bytes.end();
    }
  }
}

function slicesOf(archive: OpenArchive, unit: Pick<Unit, 'blocks'>): SliceFrame[] {
  return unit.blocks.map(({ dumpId, fromSegment, toSegment }) => {
    const block = archive.block(dumpId);
    if (block === undefined) {
      throw new PhaseliftError('MANIFEST', `the archive map of ${archive.uri} has no block for dump id ${dumpId}`);
    }
    return sliceOf(archive.head.header, block, fromSegment, toSegment);
  });
}

/** Neighbours are read in one go: thousands of tiny tables must not become thousands of requests. */
function contiguous(slices: readonly SliceFrame[]): SliceFrame[][] {
  const groups: SliceFrame[][] = [];
  let end = -1;
  for (const slice of slices) {
    if (slice.offset === end) groups.at(-1)?.push(slice);
    else groups.push([slice]);
    end = slice.offset + slice.length;
  }
  return groups;
}

/** Gives one stream out in portions, each a stream of its own, one after the other. Buffering: the rest of a chunk, as a view. */
class Portions {
  private readonly chunks: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next `length` bytes; fewer when the stream ends before. To be read to its end before the next portion is. */
  async *next(length: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0;) {
      if (this.rest.length === 0) {
        const chunk = await this.chunks.next();
        if (chunk.done === true) return;
        this.rest = chunk.value;
      }
      const bytes = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(bytes.length);
      left -= bytes.length;
      yield bytes;
    }
  }

  /** Lets go of the stream, also where it has not come to its end. */
  async end(): Promise<void> {
    await this.chunks.return?.();
  }
}

interface NamedSegment extends Segment {
  dumpId: number;
}

/** The bytes of slices that stand next to each other in the archive. */
async function* verified(
  archive: OpenArchive,
  neighbours: readonly SliceFrame[],
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const segments = neighbours.flatMap((slice): NamedSegment[] =>
    slice.segments.map((segment) => ({ ...segment, dumpId: slice.block.dumpId })),
  );
  const offset = segments[0]?.offset ?? 0;
  const length = segments.reduce((sum, segment) => sum + segment.length, 0);
  const check = new DigestCheck(segments, offset);
  for await (const chunk of archive.read({ offset, length, signal })) {
    check.push(chunk);
    const [different] = check.different;
    if (different !== undefined) throw damaged(archive, different);
    onBytes(chunk.length);
    yield chunk;
  }
}

function damaged(archive: OpenArchive, segment: NamedSegment): PhaseliftError {
  const entry = archive.entry(segment.dumpId);
  const object = entry === undefined ? `dump id ${segment.dumpId}` : entryTitle(entry);
  return new PhaseliftError(
    'ARCHIVE_DAMAGED',
    `${archive.uri} is damaged: the bytes ${segment.offset} to ${segment.offset + segment.length} (${object}) differ from the manifest's digest`,
    { object, hint: 'Restore another backup; this one does not hold what was dumped.' },
  );
}
