import { entryTitle } from '../archive/entry-title.js';
import { foreignKey } from '../archive/foreign-key.js';
import type { TocEntry } from '../archive/types.js';
import { reasonLines, type Exception } from './reason-lines.js';
import type { TocGraph } from './toc-graph.js';
import type { Unit } from './unit.js';

/** When rows are compared with a foreign key: as it is added, or afterwards, each in a transaction of its own. */
export const VALIDATE_FOREIGN_KEYS = ['now', 'later'] as const;
/** One of the two. */
export type ValidateForeignKeys = (typeof VALIDATE_FOREIGN_KEYS)[number];

/** The first server that has NOT VALID foreign keys of partitioned tables. */
const PARTITIONED_NOT_VALID = 18;

/** Foreign keys that are added NOT VALID. */
export interface LaterValidation {
  dumpIds: ReadonlySet<number>;
  /** Why others are not. */
  reasons: string[];
}

export const NONE_LATER: LaterValidation = { dumpIds: new Set(), reasons: [] };

/**
 * Which foreign keys of the stage `constraints` are validated later. What the source had NOT VALID stays so, and is none of them.
 */
export function validatedLater(entries: readonly TocEntry[], graph: TocGraph, targetMajor: number): LaterValidation {
  const dumpIds = new Set<number>();
  const others: Exception[] = [];
  for (const entry of entries) {
    if (entry.desc !== 'FK CONSTRAINT') continue;
    const key = foreignKey(entry);
    if (key?.isChecked === false) continue;
    const isPartitioned = targetMajor < PARTITIONED_NOT_VALID && graph.tablesOf(entry).some(isPartitionedTable);
    if (key !== null && !isPartitioned) {
      dumpIds.add(entry.dumpId);
      continue;
    }
    const title = entryTitle(entry);
    const reason =
      key === null
        ? 'its definition is not of the known form'
        : `servers before ${PARTITIONED_NOT_VALID} have no NOT VALID foreign keys of partitioned tables`;
    others.push({ what: `${title} is validated as it is added`, title, reason });
  }
  return { dumpIds, reasons: reasonLines(others) };
}

function isPartitionedTable({ definition, relkind }: TocEntry): boolean {
  return relkind === 'p' || /^PARTITION BY /m.test(definition);
}

/**
 * A unit for each, the largest table first when they run. A validation locks its own table against others (SHARE UPDATE EXCLUSIVE),
 * and the one referred to against nothing that runs beside it (ROW SHARE).
 */
export function validationUnits(
  entries: readonly TocEntry[],
  graph: TocGraph,
  bytesOf: (entry: TocEntry) => number,
): Unit[] {
  return entries.map((entry, index) => {
    const key = foreignKey(entry);
    const own = key === null ? undefined : graph.tableOf(entry, key.schema, key.table);
    return {
      id: `validation/${String(index + 1).padStart(4, '0')}`,
      stage: 'validation',
      kind: 'statements',
      title: `validation of ${entryTitle(entry)}`,
      dumpIds: [entry.dumpId],
      blocks: [],
      weightBytes: bytesOf(entry),
      unlogged: false,
      after: [],
      locks: own === undefined ? [] : [{ table: graph.rootOf(own.dumpId), mode: 'exclusive' }],
    };
  });
}
