/** Whether an archive map can be the map of an archive at all: checked before any of its offsets is trusted. */
import { formatExact, plural } from '../foundation/format.js';
import type { ArchiveMap, BlockMap } from '../archive/types.js';

/** What is wrong with the map, in words that name the block; null when nothing is. */
export function checkMapConsistency(map: ArchiveMap): string | null {
  if (map.head.length > map.sizeBytes) {
    return `the head ends at ${map.head.length}, behind the archive's ${map.sizeBytes} bytes`;
  }
  let end = map.head.length;
  const seen = new Set<number>();
  for (const block of map.blocks) {
    const name = `block ${block.dumpId}`;
    if (seen.has(block.dumpId)) return `${name} is there twice`;
    seen.add(block.dumpId);
    if (block.offset < end) return `${name} begins at ${block.offset}, before ${end}, where what is ahead of it ends`;
    end = block.offset + block.length;
    if (end > map.sizeBytes) return `${name} ends at ${end}, behind the archive's ${map.sizeBytes} bytes`;
    const fault = segmentsFault(block);
    if (fault !== null) return `${name}: ${fault}`;
  }
  return null;
}

function segmentsFault(block: BlockMap): string | null {
  let end = block.offset;
  let rows: number | null = 0;
  for (const [index, segment] of block.segments.entries()) {
    if (segment.offset !== end) return `segment ${index} begins at ${segment.offset} instead of ${end}`;
    end += segment.length;
    rows = rows === null || segment.rows === null ? null : rows + segment.rows;
  }
  const expected = block.offset + block.length;
  if (end !== expected) return `its segments end at ${end} instead of ${expected}`;
  if (rows !== null && block.rows !== null && rows !== block.rows) {
    return `its segments have ${plural(rows, 'row')} instead of ${formatExact(block.rows)}`;
  }
  return null;
}
