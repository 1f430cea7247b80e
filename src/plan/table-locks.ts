import type { TocEntry } from '../archive/types.js';
import type { TocGraph } from './toc-graph.js';
import type { TableLock } from './unit.js';

/** What is no table and is locked when something of it changes: by rules of a view, by tables of a publication. */
const LOCKED_BY_CHANGES = new Set(['VIEW', 'PUBLICATION']);

/**
 * The tables that statements of the last phase lock. CREATE INDEX (SHARE) goes with itself only; ADD FOREIGN KEY takes SHARE ROW
 * EXCLUSIVE on both tables, keys take ACCESS EXCLUSIVE: "Table-Level Locks" in PostgreSQL's documentation.
 */
export function tableLocks(entries: readonly TocEntry[], graph: TocGraph): TableLock[] {
  const modes = new Map<number, TableLock['mode']>();
  for (const entry of entries) {
    const roots = graph.tablesOf(entry).map(({ dumpId }) => graph.rootOf(dumpId));
    const others = graph.dependenciesOf(entry).filter(({ desc }) => LOCKED_BY_CHANGES.has(desc));
    for (const locked of [...roots, ...others.map(({ dumpId }) => dumpId)]) {
      modes.set(locked, isOnlyIndex(entry) && modes.get(locked) !== 'exclusive' ? 'shared' : 'exclusive');
    }
  }
  return [...modes].map(([table, mode]) => ({ table, mode }));
}

/** An index whose definition does not go on to ALTER its table (CLUSTER ON, REPLICA IDENTITY), which locks that against others. */
function isOnlyIndex({ desc, definition }: TocEntry): boolean {
  return desc === 'INDEX' && !/^\s*ALTER /m.test(definition);
}
