import type { TocEntry } from '../archive/types.js';
import { namedIndex } from './index-overrides.js';
import type { IndexChoice } from './index-strategy.js';
import { sizesByName, type SourceSize } from './table-sizes.js';
import { TocGraph } from './toc-graph.js';
import type { Unit } from './unit.js';

/** What becomes of the indexes of a restore that has begun: its units say it. In TOC order. Pure. */
export function begunIndexes(
  units: readonly Pick<Unit, 'stage' | 'dumpIds'>[],
  entries: readonly TocEntry[],
  sizes: readonly SourceSize[],
): IndexChoice[] {
  const graph = new TocGraph(entries);
  const stageOf = new Map(units.flatMap(({ stage, dumpIds }) => dumpIds.map((dumpId) => [dumpId, stage] as const)));
  const sizeOf = sizesByName(sizes);
  return entries.flatMap((entry): IndexChoice[] => {
    const stage = stageOf.get(entry.dumpId);
    const index = stage === undefined ? null : namedIndex(entry, graph);
    if (index === null) return [];
    const [table] = index.tables;
    return [
      {
        dumpId: entry.dumpId,
        name: `${index.schema}.${index.name}`,
        table: table === undefined ? '' : `${table.namespace}.${table.tag}`,
        choice: stage === 'indexes' ? 'empty' : 'after-data',
        reason: 'as the restore was begun',
        sizeBytes: sizeOf(index.schema, index.name)?.sizeBytes ?? null,
        tempBytes: null,
      },
    ];
  });
}
