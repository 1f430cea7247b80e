import { entryTitle } from '../archive/entry-title.js';
import type { ArchiveHead, BlockMap, TocEntry } from '../archive/types.js';
import { PhaseliftError } from '../foundation/errors.js';
import { JOURNAL_SCHEMA } from '../postgres/contents.js';
import { CalledFunctions } from './called-functions.js';
import { indexWishes, type IndexOptions, type IndexWish } from './index-wishes.js';
import { selectEntries, type LeftOut, type SelectionOptions } from './selection.js';
import { assignStages, type StagedEntries } from './stages-of-entries.js';
import { TableSizes } from './table-sizes.js';
import { TocGraph } from './toc-graph.js';
import type { Unit } from './unit.js';

/** What of an archive is restored and when, by the archive and not by what a plan says. */
export interface RestoredEntries {
  graph: TocGraph;
  functions: CalledFunctions;
  /** All entries that are restored, in TOC order. */
  all: TocEntry[];
  /** Those of before the last transaction: what can be verified. */
  beforeFinish: TocEntry[];
  leftOut: LeftOut[];
  /** By the rows that are restored. */
  sizes: TableSizes;
  /** Of indexes and keys, by dump id. */
  wishes: ReadonlyMap<number, IndexWish>;
  stageOf: StagedEntries['stageOf'];
  notEmpty: StagedEntries['notEmpty'];
}

/** Pure: the archive's own selection. What is left to the last transaction is the same whatever is wanted of indexes. */
export function restoredEntries(
  head: Pick<ArchiveHead, 'entries'>,
  options: SelectionOptions,
  indexes: IndexOptions,
): RestoredEntries {
  const graph = new TocGraph(head.entries);
  const { entries: all, leftOut } = selectEntries(graph, options);
  const functions = new CalledFunctions(graph);
  const sizes = new TableSizes(graph, all, indexes);
  const wishes = indexWishes(all, graph, sizes, indexes);
  const wantsEmpty = ({ desc, dumpId }: TocEntry): boolean =>
    desc === 'INDEX ATTACH' ? indexes.strategy !== 'after-data' : wishes.get(dumpId)?.choice === 'empty';
  const { stageOf, notEmpty } = assignStages(all, functions, wantsEmpty);
  const beforeFinish = all.filter(({ dumpId }) => stageOf.get(dumpId) !== 'finish');
  return { graph, functions, all, beforeFinish, leftOut, sizes, wishes, stageOf, notEmpty };
}

/**
 * Compares a plan that was read from a journal with what the archive has to be restored: each entry once, and of each block
 * all segments once. Throws TARGET_NOT_EMPTY naming the first difference: such a plan would end well with rows or objects
 * missing, or with more than was asked for.
 */
export function checkPlanIsWhole(
  units: readonly Unit[],
  entries: readonly TocEntry[],
  blocks: readonly BlockMap[],
): void {
  const planned = new Set<number>();
  const whole = new Set<number>();
  for (const { stage, dumpIds, blocks: own } of units) {
    if (stage === 'validation') continue;
    for (const dumpId of dumpIds) {
      // Only slices of one block may share its entry; that they are all of it is looked at below.
      const isSlice = own.some((block) => block.dumpId === dumpId);
      if (planned.has(dumpId) && (!isSlice || whole.has(dumpId))) throw differs('it restores something twice');
      planned.add(dumpId);
      if (!isSlice) whole.add(dumpId);
    }
  }
  const wanted = new Set(entries.map(({ dumpId }) => dumpId));
  const missing = entries.find(({ dumpId }) => !planned.has(dumpId));
  if (missing !== undefined) throw differs(`it leaves ${entryTitle(missing)} out`);
  const stranger = [...planned].find((dumpId) => !wanted.has(dumpId));
  if (stranger !== undefined) throw differs(`it has the entry ${stranger}, which is not to be restored`);
  checkBlocks(units, entries, blocks);
  checkValidations(units, entries);
}

/** What is added NOT VALID is validated once, and nothing else is. */
function checkValidations(units: readonly Unit[], entries: readonly TocEntry[]): void {
  const added = new Set(units.flatMap(({ notValid = [], dumpIds }) => notValid.filter((id) => dumpIds.includes(id))));
  const validated = new Set<number>();
  for (const { stage, dumpIds } of units) {
    if (stage !== 'validation') continue;
    for (const dumpId of dumpIds) {
      if (!added.has(dumpId)) throw differs('it validates what it does not add');
      if (validated.has(dumpId)) throw differs('it validates something twice');
      validated.add(dumpId);
    }
  }
  const open = entries.find(({ dumpId }) => added.has(dumpId) && !validated.has(dumpId));
  if (open !== undefined) throw differs(`it does not validate ${entryTitle(open)}`);
}

function checkBlocks(units: readonly Unit[], entries: readonly TocEntry[], blocks: readonly BlockMap[]): void {
  const runs = new Map<number, { from: number; to: number }[]>();
  for (const { dumpId, fromSegment: from, toSegment: to } of units.flatMap((unit) => unit.blocks)) {
    const of = runs.get(dumpId);
    if (of === undefined) runs.set(dumpId, [{ from, to }]);
    else of.push({ from, to });
  }
  const segmentsOf = new Map(blocks.map((block) => [block.dumpId, block.segments.length]));
  for (const entry of entries) {
    const segments = entry.hasData ? segmentsOf.get(entry.dumpId) : undefined;
    if (segments === undefined) continue;
    let end = 0;
    for (const { from, to } of (runs.get(entry.dumpId) ?? []).sort((a, b) => a.from - b.from)) {
      if (from !== end || to <= from) throw differs(`it does not load ${entryTitle(entry)} exactly once`);
      end = to;
    }
    if (end !== segments) throw differs(`it does not load all of ${entryTitle(entry)}`);
  }
}

function differs(how: string): PhaseliftError {
  return new PhaseliftError(
    'TARGET_NOT_EMPTY',
    `the plan in the journal of the target is not one for this backup: ${how}`,
    { object: `SCHEMA ${JOURNAL_SCHEMA}`, hint: 'Drop and create the target to start anew.' },
  );
}
