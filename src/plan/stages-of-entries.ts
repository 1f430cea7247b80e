import { indexAccessMethod, keyConstraint } from '../archive/entry-sql.js';
import { entryTitle } from '../archive/entry-title.js';
import type { TocEntry } from '../archive/types.js';
import type { CalledFunctions } from './called-functions.js';
import { reasonLines } from './reason-lines.js';
import { laterOf, type Stage } from './stage.js';
import type { TocGraph } from './toc-graph.js';

/**
 * Which stage each entry belongs to, by four rules:
 * 1. Its section and its kind say so, and for indexes and keys what is wanted of them (index-wishes.ts).
 * 2. What would not be complete, or could be wrong, when it is made empty and filled as the rows come is made after the data.
 * 3. No entry stands in an earlier stage than anything that it depends on.
 * 4. In the last phase, privileges follow everything else, then comes what is computed from data, and then what would hinder
 *    loading.
 */

export interface StagedEntries {
  stageOf: ReadonlyMap<number, Stage>;
  /** Why an index is not created empty although that is wanted, by dump id. */
  notEmpty: ReadonlyMap<number, string>;
}

/** Whether an index, a key or the attachment of an index is to be created before the data. */
export type WantsEmpty = (entry: TocEntry) => boolean;

/** Access methods whose indexes are as good when built empty and filled row by row. */
const FILLS_WELL = new Set(['btree', 'hash', 'gist', 'spgist', 'gin']);
const DATA_KINDS = new Set(['TABLE DATA', 'SEQUENCE SET', 'BLOBS', 'BLOB', 'BLOB METADATA', 'STATISTICS DATA']);
/** Who may see and do what. Row-level security would hinder foreign keys and indexes that are still to be checked and built. */
const PRIVILEGE_KINDS = new Set(['ACL', 'DEFAULT ACL', 'POLICY', 'ROW SECURITY']);
/**
 * What would get in the way of loading a table once more: a server crash empties unlogged tables, and a resume loads them
 * again. These kinds wait for the last transaction there. (A rule changes what INSERT does, which archives may hold for COPY.)
 */
const HINDERS_LOADING = new Set(['TRIGGER', 'RULE', 'FK CONSTRAINT', 'ACL', 'ROW SECURITY']);

/** Assigns a stage to every selected entry. `entries` are in TOC order. */
export function assignStages(
  entries: readonly TocEntry[],
  functions: CalledFunctions,
  wantsEmpty: WantsEmpty,
): StagedEntries {
  const stageOf = new Map<number, Stage>();
  const notEmpty = new Map<number, string>();
  for (const entry of entries) stageOf.set(entry.dumpId, ownStage(entry, functions, wantsEmpty, notEmpty));
  lift(entries, functions.graph, stageOf);
  return { stageOf, notEmpty };
}

/** Says for people why indexes are not created empty although that is wanted. */
export function notEmptyReasons(entries: readonly TocEntry[], notEmpty: StagedEntries['notEmpty']): string[] {
  const exceptions = entries.flatMap((entry) => {
    const reason = notEmpty.get(entry.dumpId);
    const title = entryTitle(entry);
    return reason === undefined ? [] : [{ what: `${title} is built after the data`, title, reason }];
  });
  return reasonLines(exceptions);
}

/** Rules 1, 2 and 4: by section and kind, what must not be created empty, and the passes of the last phase. */
function ownStage(
  entry: TocEntry,
  functions: CalledFunctions,
  wantsEmpty: WantsEmpty,
  notEmpty: Map<number, string>,
): Stage {
  const { graph } = functions;
  if (entry.desc === 'EVENT TRIGGER') return 'finish';
  if (hindersLoadingAgain(entry, graph)) return 'finish';
  if (PRIVILEGE_KINDS.has(entry.desc)) return 'privileges';
  if (entry.desc === 'MATERIALIZED VIEW DATA') return 'refresh';
  if (entry.section === 'none' || entry.section === 'pre-data') return 'schema';
  if (entry.section === 'data') return 'data';
  if (entry.desc === 'STATISTICS DATA') return 'refresh';
  if (!hasIndex(entry)) return 'constraints';
  const isWanted = wantsEmpty(entry);
  const concernsUnlogged = graph.concernsUnlogged(entry);
  if (!isWanted && !concernsUnlogged) return 'constraints';
  const reason = mustNotBeEmpty(entry, functions);
  if (reason === null) return isWanted ? 'indexes' : 'constraints';
  if (isWanted) notEmpty.set(entry.dumpId, reason);
  // An unlogged table may have to be filled once more, and then this must not be there.
  return concernsUnlogged ? 'finish' : 'constraints';
}

/**
 * A constraint that was added NOT VALID, or apart from its table, refuses rows that a load before it takes. It holds for
 * the children of its table and, if it is a domain's, for whatever is made of that.
 */
function hindersLoadingAgain(entry: TocEntry, graph: TocGraph): boolean {
  const isCheck = entry.desc === 'CHECK CONSTRAINT' || (entry.desc === 'CONSTRAINT' && keyConstraint(entry) === null); // NOT NULL, from 18
  if (isCheck) return graph.bindsUnlogged(entry);
  return HINDERS_LOADING.has(entry.desc) && graph.concernsUnlogged(entry);
}

function hasIndex(entry: TocEntry): boolean {
  return entry.desc === 'INDEX' || entry.desc === 'INDEX ATTACH' || keyConstraint(entry) !== null;
}

/** Rule 2. Returns the reason, or null when the index may be created empty. */
function mustNotBeEmpty(entry: TocEntry, functions: CalledFunctions): string | null {
  if (entry.desc === 'INDEX ATTACH') return null;
  const accessMethod = entry.desc === 'INDEX' ? indexAccessMethod(entry) : (keyConstraint(entry)?.accessMethod ?? null);
  if (accessMethod === null) return 'its access method could not be read';
  if (!FILLS_WELL.has(accessMethod)) return `${accessMethod} indexes are not complete when they are filled row by row`;
  const called = functions.byIndex(entry);
  return called === null ? null : `it uses ${entryTitle(called)}, which may read tables that are not loaded yet`;
}

/**
 * Rule 3: no entry runs before anything it depends on. pg_dump's TOC is sorted by dependency, so one pass settles nearly
 * everything; what depends on an entry behind it, as pg_dump moves some to break a cycle, is looked at again whenever that has changed.
 */
function lift(entries: readonly TocEntry[], graph: TocGraph, stageOf: Map<number, Stage>): void {
  const isLifted = (entry: TocEntry): boolean => {
    const before = stageOf.get(entry.dumpId) ?? 'schema';
    let stage = before;
    for (const dependency of graph.dependenciesOf(entry))
      stage = laterOf(stage, stageOf.get(dependency.dumpId) ?? stage);
    // Only data is loaded in the data stage; a comment on a large object, say, follows it.
    if (stage === 'data' && !DATA_KINDS.has(entry.desc)) stage = 'constraints';
    stageOf.set(entry.dumpId, stage);
    return stage !== before;
  };
  for (const entry of entries) isLifted(entry);
  const isBehind = (entry: TocEntry) => (other: TocEntry) =>
    graph.positionOf(other.dumpId) > graph.positionOf(entry.dumpId);
  if (!entries.some((entry) => graph.dependenciesOf(entry).some(isBehind(entry)))) return;
  const dependents = new Map<TocEntry, TocEntry[]>(entries.map((entry) => [entry, []]));
  for (const entry of entries) for (const other of graph.dependenciesOf(entry)) dependents.get(other)?.push(entry);
  const open = [...entries];
  // An array goes on to what is added while it is walked.
  for (const entry of open)
    if (isLifted(entry)) for (const dependent of dependents.get(entry) ?? []) open.push(dependent);
}
