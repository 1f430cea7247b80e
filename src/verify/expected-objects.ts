import type { TocEntry } from '../archive/types.js';
import type { Expectations } from './expectations.js';

/** All that a database holds when an archive was restored into it and nothing else is there. Pure. */

/** Kinds of the TOC, as `foreignObjects` calls them. */
const KINDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    TABLE: 'table',
    VIEW: 'view',
    'MATERIALIZED VIEW': 'materialized view',
    SEQUENCE: 'sequence',
    'FOREIGN TABLE': 'foreign table',
    TYPE: 'type',
    'SHELL TYPE': 'type',
    DOMAIN: 'type',
    SCHEMA: 'schema',
    FUNCTION: 'function',
    PROCEDURE: 'function',
    AGGREGATE: 'function',
    OPERATOR: 'operator',
    'OPERATOR CLASS': 'operator class',
    'OPERATOR FAMILY': 'operator family',
    COLLATION: 'collation',
    CONVERSION: 'conversion',
    STATISTICS: 'statistics object',
    'TEXT SEARCH CONFIGURATION': 'text search configuration',
    'TEXT SEARCH DICTIONARY': 'text search dictionary',
    'TEXT SEARCH PARSER': 'text search parser',
    'TEXT SEARCH TEMPLATE': 'text search template',
    'EVENT TRIGGER': 'event trigger',
    PUBLICATION: 'publication',
    SUBSCRIPTION: 'subscription',
    'FOREIGN DATA WRAPPER': 'foreign-data wrapper',
    SERVER: 'foreign server',
    'PROCEDURAL LANGUAGE': 'language',
    'ACCESS METHOD': 'access method',
  }),
);
/** Each database has these. */
const IN_EACH = new Set(['schema public', 'language plpgsql']);
const ROUTINES = new Set(['FUNCTION', 'PROCEDURE', 'AGGREGATE']);

/** Titles as `foreignObjects` gives them, and how many objects have each: names of functions and operators repeat. */
export function expectedTitles(entries: readonly TocEntry[]): Map<string, number> {
  const titles = new Map<string, number>();
  for (const entry of entries) {
    const title = titleOf(entry);
    if (title === null || IN_EACH.has(title)) continue;
    // A base type has two entries: its shell comes before its functions.
    titles.set(title, title.startsWith('type ') ? 1 : (titles.get(title) ?? 0) + 1);
  }
  return titles;
}

function titleOf({ desc, tag, namespace }: TocEntry): string | null {
  if (desc === 'CAST') return `cast ${tag.slice('CAST '.length)}`;
  if (desc === 'TRANSFORM') return `transform for ${tag.replace(/^FOR | LANGUAGE .*$/gs, '')}`;
  const kind = KINDS.get(desc);
  if (kind === undefined) return null;
  const name = ROUTINES.has(desc) ? tag.slice(0, tag.lastIndexOf('(')) : tag;
  return `${kind} ${namespace === '' ? '' : `${namespace}.`}${name}`;
}

/** What is there and not expected, or the other way round, in words. */
export function differencesOfTitles(expected: ReadonlyMap<string, number>, found: readonly string[]): string[] {
  const left = new Map(expected);
  const more: string[] = [];
  for (const title of found) {
    const count = left.get(title) ?? 0;
    if (count > 0) left.set(title, count - 1);
    else if (!isMadeWithClass(title, expected)) more.push(`${title} is not of it`);
  }
  const missing = [...left].filter(([, count]) => count > 0).map(([title]) => `${title} is missing`);
  return [...more, ...missing];
}

/** CREATE OPERATOR CLASS makes a family of the same name, which need not be in the archive. */
function isMadeWithClass(title: string, expected: ReadonlyMap<string, number>): boolean {
  return title.startsWith('operator family ') && expected.has(title.replace('operator family', 'operator class'));
}

/** Names of what hangs on tables, by kind; as `readAttached` gives them. */
export function expectedAttached(entries: readonly TocEntry[], { indexes }: Expectations): Set<string> {
  const kinds = new Map([
    ['FK CONSTRAINT', 'foreign key'],
    ['TRIGGER', 'trigger'],
    ['RULE', 'rule'],
    ['POLICY', 'policy'],
  ]);
  const others = entries.flatMap(({ desc, namespace, tag }) => {
    const kind = kinds.get(desc);
    return kind === undefined ? [] : [`${kind} ${namespace}.${tag}`];
  });
  return new Set([...indexes.map(({ schema, name }) => `index ${schema}.${name}`), ...others]);
}

/** How many large objects there are, and the sum of their oids. */
export interface LargeObjects {
  count: number;
  oidSum: bigint;
}

/** One entry for each up to 16, then one for many, whose definition lists them. */
export function expectedLargeObjects(entries: readonly TocEntry[]): LargeObjects {
  const oids = entries.flatMap(({ desc, tag, definition }) => {
    if (desc === 'BLOB') return [tag];
    return desc === 'BLOB METADATA' ? definition.split('\n').filter((line) => line !== '') : [];
  });
  return { count: oids.length, oidSum: oids.reduce((sum, oid) => sum + BigInt(oid), 0n) };
}

/** Tables that a restore makes and puts no rows into. */
export function tablesWithoutRows(entries: readonly TocEntry[]): { schema: string; name: string }[] {
  const key = ({ namespace, tag }: TocEntry): string => [namespace, tag].join('\0');
  const filled = new Set(entries.filter(({ desc }) => desc === 'TABLE DATA').map(key));
  return entries
    .filter((entry) => entry.desc === 'TABLE' && !filled.has(key(entry)))
    .map(({ namespace, tag }) => ({ schema: namespace, name: tag }));
}
