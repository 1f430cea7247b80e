import type { ArchiveMap, ArchiveHead, TocEntry } from '../archive/types.js';
import { findComputingTables } from './computing-tables.js';
import type { IndexStrategy } from './index-strategy.js';
import { restoredEntries } from './restored-entries.js';
import type { LeftOut, SelectionOptions } from './selection.js';
import { uncutReasons } from './slices.js';
import { STAGES, type Stage } from './stage.js';
import type { Unit } from './unit.js';
import { UnitMaker } from './unit-maker.js';

export interface PlanOptions extends SelectionOptions {
  indexStrategy: IndexStrategy;
  /** Most locks that one transaction may take: a share of the server's lock table. */
  lockBudget: number;
  /** About how many bytes of a block are loaded in one transaction. */
  sliceBytes: number;
}

/** A share of the server's lock table for each of `jobs` workers, which is not ours alone. */
export function lockBudgetOf(lockSlots: number, jobs: number): number {
  return Math.max(100, Math.floor(lockSlots / (2 * (jobs + 1))));
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
  const { graph, functions, all, beforeFinish, leftOut, stageOf, reasons } = restoredEntries(
    head,
    options,
    indexStrategy,
  );
  const entriesOf = (stage: Stage): TocEntry[] => all.filter((entry) => stageOf.get(entry.dumpId) === stage);
  const computing = findComputingTables(entriesOf('data'), functions);
  const maker = new UnitMaker(graph, map.blocks, options.lockBudget, computing.called, options.sliceBytes);
  const units = STAGES.flatMap((stage) => maker.unitsOf(stage, entriesOf(stage)));
  return {
    indexStrategy,
    units,
    entries: all,
    verifiable: beforeFinish,
    reasons: [
      ...reasons,
      ...computing.reasons,
      ...uncutReasons(head, entriesOf('data'), map.blocks, options.sliceBytes),
    ],
    leftOut,
  };
}
