import { IDENTIFIER, keyConstraint, QUALIFIED_NAME, unquoteIdentifier } from '../archive/entry-sql.js';
import type { BlockMap, TocEntry } from '../archive/types.js';
import { expectedRowsOf, type ExpectedRows } from './expected-rows.js';

/** What a restored database must have, read from the archive itself. Pure. */

export interface ExpectedConstraint {
  schema: string;
  /** Table or domain. */
  relation: string;
  name: string;
  validated: boolean;
}

export interface ExpectedSequence {
  /** As SQL names it: `app."Odd seq"`. */
  sqlName: string;
  lastValue: string;
  isCalled: boolean;
}

export interface Expectations {
  indexes: { schema: string; name: string }[];
  constraints: ExpectedConstraint[];
  sequences: ExpectedSequence[];
  rows: ExpectedRows[];
  /** Kind -> names, `schema.name` or name. */
  objects: ReadonlyMap<string, string[]>;
}

const CONSTRAINT = new RegExp(
  String.raw`^\s*ALTER (?:FOREIGN )?(?:TABLE|DOMAIN)(?: ONLY)? (${IDENTIFIER})\.(${IDENTIFIER})\s+ADD CONSTRAINT (${IDENTIFIER})`,
);
const SETVAL = /pg_catalog\.setval\('((?:[^']|'')+)', (-?\d+), (true|false)\)/;
const WHOLE_NAME = new RegExp(`^${QUALIFIED_NAME}$`);
/** Kinds of objects that are compared. */
export const COMPARED_KINDS = [
  'SCHEMA',
  'EXTENSION',
  'TABLE',
  'FOREIGN TABLE',
  'VIEW',
  'MATERIALIZED VIEW',
  'SEQUENCE',
  'FUNCTION',
  'PROCEDURE',
  'AGGREGATE',
  'TYPE',
  'DOMAIN',
  'TRIGGER',
  'RULE',
  'POLICY',
  'PUBLICATION',
  'STATISTICS',
] as const;

/** `entries` are those that the plan restores. */
export function expectationsOf(entries: readonly TocEntry[], blocks: readonly BlockMap[]): Expectations {
  const objects = new Map<string, string[]>();
  const expected = { indexes: [], constraints: [], sequences: [] } as Omit<Expectations, 'rows' | 'objects'> & {
    indexes: { schema: string; name: string }[];
  };
  for (const entry of entries) {
    const constraint = entry.desc.endsWith('CONSTRAINT') ? constraintOf(entry) : null;
    if (constraint !== null) expected.constraints.push(constraint);
    if (entry.desc === 'INDEX') expected.indexes.push({ schema: entry.namespace, name: entry.tag });
    else if (constraint !== null && keyConstraint(entry) !== null) {
      expected.indexes.push({ schema: entry.namespace, name: constraint.name });
    }
    const sequence = entry.desc === 'SEQUENCE SET' ? sequenceOf(entry) : null;
    if (sequence !== null) expected.sequences.push(sequence);
    if ((COMPARED_KINDS as readonly string[]).includes(entry.desc)) noteObject(objects, entry);
  }
  return { ...expected, rows: expectedRowsOf(entries, blocks), objects };
}

function constraintOf(entry: TocEntry): ExpectedConstraint | null {
  const match = CONSTRAINT.exec(entry.definition);
  if (match === null) return null;
  const [schema = '', relation = '', name = ''] = match.slice(1, 4).map(unquoteIdentifier);
  // A constraint of 18 that is NOT ENFORCED counts as not validated.
  return { schema, relation, name, validated: !/\bNOT (?:VALID|ENFORCED);?\s*$/.test(entry.definition) };
}

function sequenceOf(entry: TocEntry): ExpectedSequence | null {
  const match = SETVAL.exec(entry.definition);
  const sqlName = (match?.[1] ?? '').replaceAll("''", "'");
  if (match === null || !WHOLE_NAME.test(sqlName)) return null;
  return { sqlName, lastValue: match[2] ?? '', isCalled: match[3] === 'true' };
}

/** Names as the catalog query of target-state.ts gives them. */
function noteObject(objects: Map<string, string[]>, entry: TocEntry): void {
  // The schema public is there before; pg_dump mentions it only when something about it was changed.
  if (entry.desc === 'SCHEMA' && entry.tag === 'public') return;
  const name = entry.namespace === '' ? entry.tag : `${entry.namespace}.${entry.tag}`;
  const names = objects.get(entry.desc) ?? [];
  names.push(name);
  objects.set(entry.desc, names);
}
