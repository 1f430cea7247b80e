import type { ArchiveMap, ArchiveHead, TocEntry } from '../archive/types.js';
import { findComputingTables } from './computing-tables.js';
import { ForeignKeyChecks } from './foreign-key-checks.js';
import { NONE_LATER, validatedLater, type ValidateForeignKeys } from './foreign-key-validation.js';
import { indexChoices, indexReasons } from './index-choices.js';
import type { IndexChoice, IndexStrategy } from './index-strategy.js';
import type { IndexBuild, IndexOptions } from './index-wishes.js';
import type { IndexOverride } from './index-overrides.js';
import { planRefreshes } from './refreshes.js';
import { restoredEntries } from './restored-entries.js';
import type { LeftOut, SelectionOptions } from './selection.js';
import { uncutReasons } from './slices.js';
import { notEmptyReasons } from './stages-of-entries.js';
import { STAGES, type Stage } from './stage.js';
import type { SourceSize } from './table-sizes.js';
import type { BuildRoom } from './temp-budget.js';
import type { Unit } from './unit.js';
import { UnitMaker } from './unit-maker.js';

export interface PlanOptions extends SelectionOptions {
  indexStrategy: IndexStrategy;
  /** Most locks that one transaction may take: a share of the server's lock table. */
  lockBudget: number;
  /** About how many bytes of a block are loaded in one transaction. */
  sliceBytes: number;
  validateForeignKeys: ValidateForeignKeys;
  /** Win over the strategy. */
  indexOverrides: readonly IndexOverride[];
  /** Tables and indexes at the source; empty when unknown. */
  sizes: readonly SourceSize[];
  /** What the target has for building indexes. */
  room: BuildRoom;
}

/** A share of the server's lock table for each of `jobs` workers, which is not ours alone. */
export function lockBudgetOf(lockSlots: number, jobs: number): number {
  return Math.max(100, Math.floor(lockSlots / (2 * (jobs + 1))));
}

/** A restore, decided: what is done, in which order, in which transactions. A value that can be printed and stored. */
export interface Plan {
  indexStrategy: IndexStrategy;
  units: Unit[];
  /** What becomes of each index and key, and why, in TOC order. */
  indexes: IndexChoice[];
  /** All entries that are restored, in TOC order. */
  entries: TocEntry[];
  /** Those of them that are there before the last transaction, and can be verified. */
  verifiable: TocEntry[];
  /** Why something is not done as the strategy says. */
  reasons: string[];
  leftOut: LeftOut[];
}

/** Stages in which foreign keys are checked. */
const CHECKING: ReadonlySet<Stage> = new Set(['constraints', 'validation', 'finish']);

/** inputs + versions + archive map -> plan. Pure. */
export function makePlan(head: ArchiveHead, map: Pick<ArchiveMap, 'blocks'>, options: PlanOptions): Plan {
  const { indexStrategy, indexOverrides: overrides, room } = options;
  const isPlain = head.header.compression.algorithm === 'none';
  const indexes: IndexOptions = {
    strategy: indexStrategy,
    overrides,
    sizes: options.sizes,
    blocks: map.blocks,
    isPlain,
    room,
  };
  const restored = restoredEntries(head, options, indexes);
  const { graph, functions, all, beforeFinish, leftOut, sizes, wishes, stageOf, notEmpty } = restored;
  const byStage = new Map(STAGES.map((stage): [Stage, TocEntry[]] => [stage, []]));
  for (const entry of all) byStage.get(stageOf.get(entry.dumpId) ?? 'schema')?.push(entry);
  const entriesOf = (stage: Stage): TocEntry[] => byStage.get(stage) ?? [];
  const computing = findComputingTables(entriesOf('data'), functions);
  const constraints = entriesOf('constraints');
  const later =
    options.validateForeignKeys === 'later' ? validatedLater(constraints, graph, options.targetMajor) : NONE_LATER;
  const builds = new Map<number, IndexBuild>();
  for (const [dumpId, { build }] of wishes) if (build !== null) builds.set(dumpId, build);
  const maker = new UnitMaker(graph, map.blocks, {
    lockBudget: options.lockBudget,
    computing: computing.called,
    sliceBytes: options.sliceBytes,
    notValid: later.dumpIds,
    builds,
  });
  const checks = new ForeignKeyChecks(graph, sizes, room);
  const refreshes = planRefreshes(maker.unitsOf('refresh', entriesOf('refresh')), graph, sizes, room);
  const units = STAGES.flatMap((stage) => {
    if (stage === 'refresh') return refreshes.units;
    if (stage === 'validation')
      return maker.validationsOf(constraints.filter(({ dumpId }) => later.dumpIds.has(dumpId)));
    return maker.unitsOf(stage, entriesOf(stage));
  }).map((unit) => (CHECKING.has(unit.stage) ? checks.settle(unit) : unit));
  const choices = indexChoices(restored);
  return {
    indexStrategy,
    units,
    indexes: choices,
    entries: all,
    verifiable: beforeFinish,
    reasons: [
      ...notEmptyReasons(all, notEmpty),
      ...indexReasons(choices, indexes),
      ...computing.reasons,
      ...later.reasons,
      ...checks.reasons,
      ...refreshes.reasons,
      ...uncutReasons(head, entriesOf('data'), map.blocks, options.sliceBytes),
    ],
    leftOut,
  };
}
