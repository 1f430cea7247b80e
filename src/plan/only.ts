import { entryTitle } from '../archive/entry-title.js';
import type { TocEntry } from '../archive/types.js';
import { matchesWhole, nearTitles } from './name-patterns.js';
import type { TocGraph } from './toc-graph.js';

/** What of a backup is asked for: objects by kind and by pattern. */
export interface OnlyPattern {
  /** null: whatever has rows or can be read like a table. */
  kind: string | null;
  /** Regular expressions that match whole names; `schema` null: any. */
  schema: string | null;
  name: string;
  /** As written, for messages. */
  text: string;
}

/** What the patterns choose of an archive. */
export interface ChosenEntries {
  /** Dump ids of what they name and of what that needs, with everything about it that can be without the rest. */
  dumpIds: ReadonlySet<number>;
  /** What is about chosen entries and cannot be made, and the title of what is missing for it. */
  missing: ReadonlyMap<number, string>;
}

/** What somebody has to ask for: nothing that follows another entry brings it along. */
const ASKED_FOR: ReadonlySet<string> = new Set(['TABLE', 'FOREIGN TABLE', 'VIEW', 'MATERIALIZED VIEW']);
/** What can be read like a table. */
const RELATIONS: ReadonlySet<string> = new Set([...ASKED_FOR, 'SEQUENCE']);
/** What is not there for itself: it follows what it is about. */
const FOLLOWS: ReadonlySet<string> = new Set([
  'TABLE DATA',
  'TABLE ATTACH',
  'MATERIALIZED VIEW DATA',
  'INDEX',
  'INDEX ATTACH',
  'CONSTRAINT',
  'CHECK CONSTRAINT',
  'FK CONSTRAINT',
  'DEFAULT',
  'TRIGGER',
  'RULE',
  'POLICY',
  'ROW SECURITY',
  'COMMENT',
  'SECURITY LABEL',
  'ACL',
  'STATISTICS',
  'STATISTICS DATA',
  'SEQUENCE SET',
  'SEQUENCE OWNED BY',
]);

/** True when a pattern names this very entry. */
export function matchesOnly(entry: TocEntry, { kind, schema, name }: OnlyPattern): boolean {
  if (kind === 'SCHEMA' && entry.desc === 'SCHEMA') return matchesWhole(name, entry.tag);
  if (kind === 'SCHEMA') return entry.namespace !== '' && matchesWhole(name, entry.namespace);
  const isOfKind =
    kind === null
      ? RELATIONS.has(entry.desc)
      : entry.desc === kind || (kind === 'TABLE' && entry.desc === 'FOREIGN TABLE');
  if (!isOfKind) return false;
  // The tag of functions has their arguments behind the name.
  const own = entry.desc === 'TABLE' ? entry.tag : entry.tag.replace(/\(.*$/s, '');
  return matchesWhole(name, own) && (schema === null || matchesWhole(schema, entry.namespace));
}

/** Pure. Partitions come with the root of their tree; a relation that is needed comes whole, with its rows. */
export function chooseEntries(graph: TocGraph, only: readonly OnlyPattern[]): ChosenEntries {
  const chosen = new Set<number>();
  const add = (entries: readonly TocEntry[]): void => {
    for (const { dumpId } of graph.closure(entries, () => true)) chosen.add(dumpId);
  };
  const named = graph.entries.filter(
    (entry) => !FOLLOWS.has(entry.desc) && only.some((pattern) => matchesOnly(entry, pattern)),
  );
  add(
    named.flatMap((entry) => [
      entry,
      ...(graph.rootOf(entry.dumpId) === entry.dumpId ? graph.treeOf(entry.dumpId) : []),
    ]),
  );

  const missing = new Map<number, string>();
  const open = graph.entries.filter((entry) => follows(entry, graph));
  for (let isNew = true; isNew;) {
    isNew = false;
    for (const entry of open) {
      if (chosen.has(entry.dumpId) || !subjectsOf(entry, graph).some(({ dumpId }) => chosen.has(dumpId))) continue;
      const needed = graph.closure([entry], ({ dumpId }) => !chosen.has(dumpId));
      const lacking = needed.find((other) => other !== entry && (ASKED_FOR.has(other.desc) || follows(other, graph)));
      if (lacking !== undefined) {
        missing.set(entry.dumpId, entryTitle(lacking));
        continue;
      }
      for (const { dumpId } of needed) chosen.add(dumpId);
      missing.delete(entry.dumpId);
      isNew = true;
    }
  }
  return { dumpIds: chosen, missing };
}

/** A sequence that depends on a table is that of an identity column, and made with it. */
function follows(entry: TocEntry, graph: TocGraph): boolean {
  if (FOLLOWS.has(entry.desc)) return true;
  return entry.desc === 'SEQUENCE' && graph.dependenciesOf(entry).some(({ desc }) => desc === 'TABLE');
}

/**
 * What an entry is about. Where it stands under the name of something that it depends on, as rows and triggers do under that of
 * their table, it is about that and not about what else it refers to.
 */
function subjectsOf(entry: TocEntry, graph: TocGraph): TocEntry[] {
  const all = graph.dependenciesOf(entry);
  const named = all.filter(
    ({ namespace, tag }) => namespace === entry.namespace && (entry.tag === tag || entry.tag.startsWith(`${tag} `)),
  );
  return named.length > 0 ? named : all;
}

/** Titles of entries whose names are like that of a pattern which matches nothing. */
export function nearMisses(entries: readonly TocEntry[], { kind, name }: OnlyPattern): string[] {
  const candidates = entries.filter(({ desc }) => (kind === null ? RELATIONS.has(desc) : desc === kind));
  return nearTitles(
    name,
    candidates.map((entry) => ({ name: entry.tag, title: entryTitle(entry) })),
  );
}
