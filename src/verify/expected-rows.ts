import { IDENTIFIER, QUALIFIED_NAME, unquoteIdentifier } from '../archive/entry-sql.js';
import { sumOfRows } from '../archive/map-totals.js';
import type { BlockMap, TocEntry } from '../archive/types.js';
import { TocGraph } from '../plan/toc-graph.js';

/** How many rows each table must have, read from the archive. Pure. */

export interface ExpectedRows {
  /** The relation that COPY names, as SQL: partitions may be loaded through their root. */
  sqlName: string;
  /** Rows that COPY loads under this name; null when nobody counted them. */
  loaded: number | null;
  /** Rows that a count in the target must find; null when that cannot be known. */
  counted: number | null;
}

/** One COPY statement of an archive, and the table whose rows it loads. */
export interface Copy {
  dumpId: number;
  sqlName: string;
  rows: number | null;
  /** The root of the table's partition tree; null for the configuration table of an extension. */
  root: number | null;
  throughRoot: boolean;
}

const COPY = new RegExp(String.raw`^COPY (${QUALIFIED_NAME}) `);

/**
 * One item per relation that COPY names. Partitions that hash an enum are loaded through their root, while others of the
 * same tree may be loaded directly; a count of the root finds all of them. The configuration table of an extension has rows
 * of its own besides those of the backup, so its count says nothing.
 */
export function expectedRowsOf(entries: readonly TocEntry[], blocks: readonly BlockMap[]): ExpectedRows[] {
  const copies = copiesOf(entries, blocks);
  const byRoot = Map.groupBy(copies, (copy) => copy.root);
  return [...Map.groupBy(copies, (copy) => copy.sqlName)].map(([sqlName, own]) => {
    const tree = own.find((copy) => copy.throughRoot);
    const there = tree === undefined ? own : (byRoot.get(tree.root) ?? own);
    const isExtensions = own.some((copy) => copy.root === null);
    return {
      sqlName,
      loaded: sumOfRows(own),
      counted: isExtensions ? null : sumOfRows(there),
    };
  });
}

/** Of all rows that come as COPY text. */
export function copiesOf(entries: readonly TocEntry[], blocks: readonly BlockMap[]): Copy[] {
  const graph = new TocGraph(entries);
  const rowsOf = new Map(blocks.map((block) => [block.dumpId, block.rows]));
  return entries.flatMap((entry) => copyOf(entry, graph, rowsOf.get(entry.dumpId) ?? null));
}

function copyOf(entry: TocEntry, graph: TocGraph, rows: number | null): Copy[] {
  const sqlName = entry.desc === 'TABLE DATA' ? COPY.exec(entry.copyStatement)?.[1] : undefined;
  if (sqlName === undefined) return [];
  const table = graph
    .dependenciesOf(entry)
    .find(({ desc, namespace, tag }) => desc === 'TABLE' && namespace === entry.namespace && tag === entry.tag);
  const own = [entry.namespace, entry.tag].join('\0');
  const named = [...sqlName.matchAll(new RegExp(IDENTIFIER, 'g'))].map(([part]) => unquoteIdentifier(part)).join('\0');
  const root = table === undefined ? null : graph.rootOf(table.dumpId);
  return [{ dumpId: entry.dumpId, sqlName, rows, root, throughRoot: own !== named }];
}
