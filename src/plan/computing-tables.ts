import { copiedTable } from '../archive/entry-sql.js';
import { entryTitle } from '../archive/entry-title.js';
import type { TocEntry } from '../archive/types.js';
import type { CalledFunctions } from './called-functions.js';
import { reasonLines } from './reason-lines.js';

/**
 * Computing tables: their rows run functions of the archive while they load, in generated columns, checks, domains or
 * partition keys. Such a function may read other tables, and finds what a restore by stock pg_restore would let it find only
 * when those are loaded. So computing tables load after all other data, in the order of the archive, one at a time.
 */
export interface ComputingTables {
  /**
   * By dump id of the data: the function, for people; null for data that has to follow that of a computing table. In TOC
   * order.
   */
  called: ReadonlyMap<number, string | null>;
  /** Why their data is loaded last, for people. */
  reasons: string[];
}

/** `entries` are what is loaded in the data stage, in TOC order. */
export function findComputingTables(entries: readonly TocEntry[], functions: CalledFunctions): ComputingTables {
  const { graph } = functions;
  const called = new Map<number, string | null>();
  const exceptions = [];
  const calledInTree = new Map<number, TocEntry | null>();
  for (const entry of entries) {
    const caller = callerOf(entry, functions, calledInTree);
    if (caller !== null) {
      const title = entryTitle(entry);
      const name = caller.desc === 'EXTENSION' ? `functions of ${entryTitle(caller)}` : entryTitle(caller);
      called.set(entry.dumpId, name);
      exceptions.push({
        what: `${title} is loaded after all other data`,
        title,
        reason: `its rows run ${name} while they load, which may read other tables`,
      });
    } else if (graph.waitsFor(entry).some(({ dumpId }) => called.has(dumpId))) called.set(entry.dumpId, null);
  }
  return { called, reasons: reasonLines(exceptions) };
}

function callerOf(
  entry: TocEntry,
  functions: CalledFunctions,
  calledInTree: Map<number, TocEntry | null>,
): TocEntry | null {
  if (entry.desc !== 'TABLE DATA') return null;
  const { graph } = functions;
  const [table] = graph.tablesOf(entry);
  if (table === undefined) return null; // Of an extension: its rows have an order of their own.
  const root = graph.rootOf(table.dumpId);
  const isPart = root !== table.dumpId;
  if (!isPart || copiedTable(entry) === `${entry.namespace}.${entry.tag}`) return functions.byRowsOf([table]);
  // Loaded by way of the root of the tree, a row may end up in any of its partitions.
  let called = calledInTree.get(root);
  if (called === undefined) {
    called = functions.byRowsOf(graph.treeOf(root));
    calledInTree.set(root, called);
  }
  return called;
}
