import type { ArchiveMap, ArchiveHead, TocEntry } from '../archive/types.js';
import type { IndexStrategy } from '../inputs/settings.js';
import { restoredEntries } from './restored-entries.js';
import type { LeftOut, SelectionOptions } from './selection.js';
import { STAGES } from './stage.js';
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
  /** All entries that are restored, in TOC order. */
  entries: TocEntry[];
  /** Those of them that are there before the last transaction, and can be verified. */
  verifiable: TocEntry[];
  /** Why something is not done as the strategy says. */
  reasons: string[];
  leftOut: LeftOut[];
}

/** inputs + versions + archive map -> plan. Pure. */
export function makePlan(head: ArchiveHead, map: Pick<ArchiveMap, 'blocks'>, options: PlanOptions): Plan {
  const { indexStrategy } = options;
  const { graph, all, beforeFinish, leftOut, stageOf, reasons } = restoredEntries(head, options, indexStrategy);
  const maker = new UnitMaker(graph, map.blocks, options.lockBudget);
  const units: Unit[] = [];
  for (const stage of STAGES) {
    units.push(
      ...maker.unitsOf(
        stage,
        all.filter((entry) => stageOf.get(entry.dumpId) === stage),
      ),
    );
  }
  return { indexStrategy, units, entries: all, verifiable: beforeFinish, reasons, leftOut };
}
