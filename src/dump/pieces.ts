/** Which sessions read what: pure. */
import type { TocEntry } from '../archive/types.js';
import { entryTitle } from '../archive/entry-title.js';
import { PhaseliftError } from '../foundation/errors.js';
import type { SourceTable } from './source-tables.js';

/** About how much of a table one COPY reads, bytes on the source's disk. */
const PIECE_BYTES = 16 * 1024 * 1024;
/** A table that is not much larger is read whole. */
const WHOLE_UP_TO_BYTES = 1.5 * PIECE_BYTES;
/** Small tables are read one after the other without a wait in between, so much at once. */
const TOGETHER_BYTES = 2 * 1024 * 1024;
const TOGETHER_TABLES = 200;

/** Pages [from, to) of a table; `to` is null in the last range, as the table may grow. */
export interface PageRange {
  from: number;
  to: number | null;
}

/** A contiguous share of one table's rows, which one COPY statement reads. */
export interface Piece {
  entry: TocEntry;
  table: SourceTable;
  /** null: the whole table. */
  range: PageRange | null;
  isFirst: boolean;
  isLast: boolean;
}

/** What one reader takes at a time: a piece of a large table, or several small tables. */
export type Assignment = readonly Piece[];

/** The archive's data in its order: what readers read, and what pg_dump itself has to. */
export type Stretch = { kind: 'read'; pieces: Assignment } | { kind: 'large-objects'; entries: readonly TocEntry[] };

/** Tiles the data of the archive with assignments. `tables` has each table that has data, by its oid. */
export function stretchesOf(entries: readonly TocEntry[], tables: ReadonlyMap<string, SourceTable>): Stretch[] {
  const stretches: Stretch[] = [];
  let together: Piece[] = [];
  let togetherBytes = 0;
  const endTogether = (): void => {
    if (together.length > 0) stretches.push({ kind: 'read', pieces: together });
    together = [];
    togetherBytes = 0;
  };
  for (const entry of entries) {
    if (!entry.hasData) continue;
    if (entry.desc === 'BLOBS') {
      endTogether();
      const last = stretches.at(-1);
      if (last?.kind === 'large-objects')
        stretches[stretches.length - 1] = { ...last, entries: [...last.entries, entry] };
      else stretches.push({ kind: 'large-objects', entries: [entry] });
      continue;
    }
    const table = tables.get(entry.oid);
    if (table === undefined) throw new PhaseliftError('INTERNAL', `nobody can read the data of ${entryTitle(entry)}`);
    const pieces = piecesOf(entry, table);
    const [only] = pieces;
    if (pieces.length > 1 || only === undefined || table.bytes > TOGETHER_BYTES) {
      endTogether();
      for (const piece of pieces) stretches.push({ kind: 'read', pieces: [piece] });
      continue;
    }
    together.push(only);
    togetherBytes += table.bytes;
    if (togetherBytes >= TOGETHER_BYTES || together.length >= TOGETHER_TABLES) endTogether();
  }
  endTogether();
  return stretches;
}

function piecesOf(entry: TocEntry, table: SourceTable): Piece[] {
  const whole = [{ entry, table, range: null, isFirst: true, isLast: true }];
  const { pages, bytes } = table;
  if (pages === null || bytes <= WHOLE_UP_TO_BYTES) return whole;
  const count = Math.min(pages, Math.ceil(bytes / PIECE_BYTES));
  if (count < 2) return whole;
  return Array.from({ length: count }, (_, number) => {
    const isLast = number === count - 1;
    const from = Math.floor((pages * number) / count);
    const to = isLast ? null : Math.floor((pages * (number + 1)) / count);
    return { entry, table, range: { from, to }, isFirst: number === 0, isLast };
  });
}
