import type { ArchiveMap, ArchiveHead } from '../archive/types.js';
import type { IndexStrategy } from '../inputs/settings.js';
import { selectEntries, type LeftOut, type SelectionOptions } from './selection.js';
import { assignStages } from './stages-of-entries.js';
import { STAGES } from './stage.js';
import { TocGraph } from './toc-graph.js';
import type { Unit } from './unit.js';
import { UnitMaker } from './unit-maker.js';

export interface PlanOptions extends SelectionOptions {
  indexStrategy: IndexStrategy;
  /** Most locks that one transaction may take: a share of the server's lock table. */
  lockBudget: number;
}

/** A restore, decided: what is done, in which order, in which transactions. A value that can be printed and stored. */
export interface Plan {
  indexStrategy: IndexStrategy;
  units: Unit[];
  /** Why something is not done as the strategy says. */
  reasons: string[];
  leftOut: LeftOut[];
}

/** inputs + versions + archive map -> plan. Pure. */
export function makePlan(head: ArchiveHead, map: Pick<ArchiveMap, 'blocks'>, options: PlanOptions): Plan {
  const graph = new TocGraph(head.entries);
  const selection = selectEntries(graph, options);
  const { stageOf, reasons } = assignStages(selection.entries, graph, options.indexStrategy);
  const maker = new UnitMaker(graph, map.blocks, options.lockBudget);
  const units: Unit[] = [];
  for (const stage of STAGES) {
    units.push(
      ...maker.unitsOf(
        stage,
        selection.entries.filter((entry) => stageOf.get(entry.dumpId) === stage),
      ),
    );
  }
  return { indexStrategy: options.indexStrategy, units, reasons, leftOut: selection.leftOut };
}
