import type { TocEntry } from '../archive/types.js';
import { formatBytes } from '../foundation/format.js';
import { reasonLines, type Exception } from './reason-lines.js';
import type { TableSizes } from './table-sizes.js';
import type { BuildRoom } from './temp-budget.js';
import type { TocGraph } from './toc-graph.js';
import type { Unit } from './unit.js';
import { lastInOrder } from './unit-order.js';

const VIEWS = new Set(['VIEW', 'MATERIALIZED VIEW']);

/**
 * A REFRESH runs the user's query: nobody knows what it needs but the planner, and what it reads is the best guess. What reads more than
 * the budget of temporary files runs last and alone.
 */
export function planRefreshes(
  units: readonly Unit[],
  graph: TocGraph,
  sizes: TableSizes,
  { tempBytes: budget }: BuildRoom,
): { units: Unit[]; reasons: string[] } {
  const large = new Set<string>();
  const alone: Exception[] = [];
  const planned = units.map((unit) => {
    const bytes = unit.dumpIds.reduce((sum, dumpId) => sum + bytesRead(graph.byId.get(dumpId), graph, sizes), 0);
    if (bytes <= budget) return bytes === 0 ? unit : { ...unit, tempBytes: bytes };
    large.add(unit.id);
    alone.push({
      what: `${unit.title} is refreshed last and alone, as its query reads about ${formatBytes(bytes)} and may write as much`,
      title: unit.title,
      reason: `the budget of temporary files is ${formatBytes(budget)}`,
    });
    return unit;
  });
  return { units: lastInOrder(planned, ({ id }) => large.has(id)), reasons: reasonLines(alone) };
}

/** Of the tables and materialized views behind a materialized view's query. */
function bytesRead(entry: TocEntry | undefined, graph: TocGraph, sizes: TableSizes): number {
  if (entry?.desc !== 'MATERIALIZED VIEW DATA') return 0;
  const read = new Set<TocEntry>();
  const seen = new Set<TocEntry>();
  const visit = (view: TocEntry): void => {
    if (seen.has(view)) return;
    seen.add(view);
    for (const next of graph.dependenciesOf(view)) {
      const isKnown =
        next.desc === 'TABLE' || (next.desc === 'MATERIALIZED VIEW' && sizes.sizeOf(next.namespace, next.tag));
      if (isKnown) read.add(next);
      else if (VIEWS.has(next.desc)) visit(next);
    }
  };
  for (const view of graph.dependenciesOf(entry)) if (view.desc === 'MATERIALIZED VIEW') visit(view);
  return [...read].reduce((sum, table) => sum + sizes.bytesOf(table), 0);
}
