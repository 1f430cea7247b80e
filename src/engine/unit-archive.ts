import { createHash } from 'node:crypto';
import { miniArchiveHead } from '../archive/mini-archive.js';
import type { Segment } from '../archive/types.js';
import { PhaseliftError } from '../foundation/errors.js';
import type { Unit } from '../plan/unit.js';
import type { OpenArchive } from './open-archive.js';
import { entryTitle } from '../archive/entry-title.js';

/**
 * The mini archive of a unit as a stream: header, TOC of the unit's entries, their blocks. Each segment is compared with
 * its digest as it passes; a difference is thrown as ARCHIVE_DAMAGED, in time to keep the unit from being committed.
 */
export async function* unitArchive(
  source: OpenArchive,
  unit: Unit,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  yield miniArchiveHead(source.head, new Set(unit.dumpIds));
  for (const run of contiguousRuns(segmentsOf(source, unit))) {
    yield* verified(source, run, signal, onBytes);
  }
}

interface NamedSegment extends Segment {
  dumpId: number;
}

function segmentsOf(source: OpenArchive, unit: Unit): NamedSegment[] {
  return unit.blocks.flatMap(({ dumpId, fromSegment, toSegment }) => {
    const block = source.block(dumpId);
    if (block === undefined) {
      throw new PhaseliftError('MANIFEST', `the archive map of ${source.uri} has no block for dump id ${dumpId}`);
    }
    return block.segments.slice(fromSegment, toSegment).map((segment) => ({ ...segment, dumpId }));
  });
}

/** Neighbours are read in one go: thousands of tiny tables must not become thousands of requests. */
function contiguousRuns(segments: readonly NamedSegment[]): NamedSegment[][] {
  const runs: NamedSegment[][] = [];
  let end = -1;
  for (const segment of segments) {
    if (segment.offset === end) runs.at(-1)?.push(segment);
    else runs.push([segment]);
    end = segment.offset + segment.length;
  }
  return runs;
}

async function* verified(
  source: OpenArchive,
  run: readonly NamedSegment[],
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const offset = run[0]?.offset ?? 0;
  const length = run.reduce((sum, segment) => sum + segment.length, 0);
  let index = 0;
  let left = run[0]?.length ?? 0;
  let hash = createHash('sha256');
  for await (const chunk of source.read({ offset, length, signal })) {
    for (let at = 0; at < chunk.length;) {
      const piece = chunk.subarray(at, at + left);
      hash.update(piece);
      at += piece.length;
      left -= piece.length;
      if (left > 0) continue;
      const segment = run[index++];
      if (segment !== undefined && hash.digest('hex') !== segment.sha256) throw damaged(source, segment);
      hash = createHash('sha256');
      left = run[index]?.length ?? 0;
    }
    onBytes(chunk.length);
    yield chunk;
  }
}

function damaged(source: OpenArchive, segment: NamedSegment): PhaseliftError {
  const entry = source.entry(segment.dumpId);
  const object = entry === undefined ? `dump id ${segment.dumpId}` : entryTitle(entry);
  return new PhaseliftError(
    'ARCHIVE_DAMAGED',
    `${source.uri} is damaged: the bytes ${segment.offset} to ${segment.offset + segment.length} (${object}) differ from the manifest's digest`,
    { object, hint: 'Restore another backup; this one does not hold what was dumped.' },
  );
}
