import { entryTitle } from '../archive/entry-title.js';
import { sumOfRows } from '../archive/map-totals.js';
import { PhaseliftError } from '../foundation/errors.js';
import { plural } from '../foundation/format.js';
import type { Unit } from '../plan/unit.js';
import type { OpenArchive } from './open-archive.js';

/**
 * Compares the rows that COPY reported, block by block, with those that the archive map counted. Returns the rows loaded;
 * null when the unit loads none, or has blocks whose rows nobody counted.
 */
export function checkRows(unit: Unit, psqlLines: readonly string[], archive: OpenArchive): number | null {
  if (unit.kind !== 'table-data') return null;
  const tags = psqlLines.flatMap((line) => /^COPY (\d+)$/.exec(line)?.[1] ?? []).map(Number);
  let sum: number | null = 0;
  for (const { dumpId, fromSegment, toSegment } of unit.blocks) {
    const entry = archive.entry(dumpId);
    const block = archive.block(dumpId);
    if (entry === undefined || block === undefined) continue;
    const rows = sumOfRows(block.segments.slice(fromSegment, toSegment));
    const loaded = entry.copyStatement === '' ? undefined : tags.shift();
    if (entry.copyStatement !== '' && (loaded === undefined || (rows !== null && loaded !== rows))) {
      throw new PhaseliftError(
        'VERIFICATION',
        `${entryTitle(entry)}: the server loaded ${rowsText(loaded)} where the backup has ${rowsText(rows)}; the unit was rolled back`,
        { object: entryTitle(entry), hint: 'Run the restore again; if it says the same, verify the backup.' },
      );
    }
    const counted = loaded ?? rows;
    sum = sum === null || counted === null ? null : sum + counted;
  }
  return sum;
}

function rowsText(rows: number | null | undefined): string {
  return typeof rows === 'number' ? plural(rows, 'row') : 'an unknown number of rows';
}
