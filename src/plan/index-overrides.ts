import { entryTitle } from '../archive/entry-title.js';
import { keyConstraint } from '../archive/entry-sql.js';
import type { TocEntry } from '../archive/types.js';
import type { IndexMaking } from './index-strategy.js';
import { didYouMean, matchesWhole, nearTitles } from './name-patterns.js';
import type { TocGraph } from './toc-graph.js';

/** What somebody has said of an index, or of all indexes of a table. */
export interface IndexOverride {
  /** Regular expressions that match whole names; `schema` null: any. */
  schema: string | null;
  name: string;
  choice: IndexMaking;
  /** As written, for messages: `app.events=empty`. */
  text: string;
}

/** An index or key, and the tables that it is of. */
export interface NamedIndex {
  schema: string;
  /** Of the index itself. */
  name: string;
  tables: readonly TocEntry[];
}

/** Name and tables of an index or of a key; null for every other entry. */
export function namedIndex(entry: TocEntry, graph: TocGraph): NamedIndex | null {
  const name = entry.desc === 'INDEX' ? entry.tag : keyConstraint(entry)?.name;
  return name === undefined ? null : { schema: entry.namespace, name, tables: graph.tablesOf(entry) };
}

/** What was said of an index: of itself before of its table. Null when nothing was. */
export function overrideOf(index: NamedIndex, overrides: readonly IndexOverride[]): IndexOverride | null {
  const { own, ofTable } = matching(index, overrides);
  return own[0] ?? ofTable[0] ?? null;
}

function matching(
  { schema, name, tables }: NamedIndex,
  overrides: readonly IndexOverride[],
): { own: IndexOverride[]; ofTable: IndexOverride[] } {
  const matches = (override: IndexOverride, ownSchema: string, ownName: string): boolean =>
    matchesWhole(override.name, ownName) && (override.schema === null || matchesWhole(override.schema, ownSchema));
  return {
    own: overrides.filter((override) => matches(override, schema, name)),
    ofTable: overrides.filter((override) => tables.some((table) => matches(override, table.namespace, table.tag))),
  };
}

/** What is wrong with overrides, for people: those that match no index, with the names that they may have meant, and those that contradict each other. */
export function overrideFaults(
  overrides: readonly IndexOverride[],
  entries: readonly TocEntry[],
  graph: TocGraph,
): string[] {
  if (overrides.length === 0) return [];
  const used = new Set<IndexOverride>();
  const contradictions = new Set<string>();
  const candidates: { name: string; title: string }[] = [];
  for (const entry of entries) {
    const index = namedIndex(entry, graph);
    if (index === null) continue;
    candidates.push({ name: index.name, title: `${index.schema}.${index.name}` });
    for (const table of index.tables) candidates.push({ name: table.tag, title: `${table.namespace}.${table.tag}` });
    const { own, ofTable } = matching(index, overrides);
    for (const same of [own, ofTable]) {
      for (const override of same) used.add(override);
      const [first, ...more] = same;
      const other = more.find(({ choice }) => choice !== first?.choice);
      if (first !== undefined && other !== undefined) {
        contradictions.add(`\`${first.text}\` and \`${other.text}\` contradict each other on ${entryTitle(entry)}`);
      }
    }
  }
  const distinct = [...new Map(candidates.map((candidate) => [candidate.title, candidate])).values()];
  const unused = overrides
    .filter((override) => !used.has(override))
    .map(({ text, name }) => {
      const advice = didYouMean(nearTitles(name, distinct));
      return `\`${text}\` matches no index in the backup, and no table that has one${advice}`;
    });
  return [...unused, ...contradictions];
}
