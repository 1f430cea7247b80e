import type { BlockMap, TocEntry } from '../archive/types.js';
import { formatExact, plural } from '../foundation/format.js';
import { foreignObjects } from '../postgres/contents.js';
import type { PsqlSession } from '../postgres/session.js';
import { identifier } from '../postgres/sql.js';
import { expectationsOf, type Expectations } from './expectations.js';
import {
  differencesOfTitles,
  expectedAttached,
  expectedLargeObjects,
  expectedTitles,
  tablesWithoutRows,
} from './expected-objects.js';
import { readAttached, readLargeObjects, tablesWithRows, type CountedRows } from './target-state.js';
import { countedLine, isWorthTelling, stateLines } from './verification.js';
import type { VerificationLine } from './verification-line.js';

export interface WholeTargetInput {
  /** All entries that a restore of this backup with these inputs makes, those of its last transaction as well. */
  entries: readonly TocEntry[];
  blocks: readonly BlockMap[];
  /** `schema.name` of indexes that were invalid in the source as well. */
  invalidAtSource: ReadonlySet<string>;
  /** Counts the rows of tables, named as SQL: the one thing here that takes long. */
  count(sqlNames: readonly string[]): Promise<CountedRows[]>;
  /** Called when all but the number of rows is as it should be. */
  onCounting(): void;
}

/** Whether a target holds a backup and nothing else. */
export type Comparison = { isSame: true; lines: VerificationLine[] } | { isSame: false; differences: string[] };

/** So many objects more are enough to see that there are others. */
const MORE = 5;

/**
 * Compares all that a target holds with a backup: objects both ways, what hangs on tables, the state of indexes, constraints and
 * sequences, and the number of rows of each table. What costs little comes first, and the first difference ends it. Contents
 * of rows, columns and bodies of functions are not compared. Where something cannot be compared it is not the same.
 */
export async function compareWhole(session: PsqlSession, input: WholeTargetInput): Promise<Comparison> {
  const { entries, blocks, invalidAtSource } = input;
  const expected = expectationsOf(entries, blocks);
  const looks: (() => Promise<string[]> | string[])[] = [
    () => objectDifferences(session, entries),
    () => incomparable(entries, expected),
    () => attachedDifferences(session, entries, expected),
    () => filledDifferences(session, entries),
  ];
  for (const look of looks) {
    const differences = await look();
    if (differences.length > 0) return { isSame: false, differences };
  }
  const lines = await stateLines(session, expected, invalidAtSource);
  const wrong = lines.filter(({ ok }) => !ok);
  if (wrong.length > 0) return { isSame: false, differences: wrong.map(faultOf) };

  input.onCounting();
  const counts = new Map((await input.count(expected.rows.map(({ sqlName }) => sqlName))).map((c) => [c.sqlName, c]));
  const hidden = [...counts.values()].filter(({ reason }) => reason !== null);
  if (hidden.length > 0) {
    const differences = hidden.map(({ sqlName, reason }) => `${sqlName} cannot be counted: ${reason ?? ''}`);
    return { isSame: false, differences };
  }
  const counted = await countedLine(expected, (sqlName) =>
    Promise.resolve(counts.get(sqlName) ?? { sqlName, rows: null, reason: null }),
  );
  if (!counted.ok) return { isSame: false, differences: [faultOf(counted)] };
  return { isSame: true, lines: [counted, ...lines].filter(isWorthTelling) };
}

function faultOf({ check, detail }: VerificationLine): string {
  return `${check}: ${detail}`;
}

async function objectDifferences(session: PsqlSession, entries: readonly TocEntry[]): Promise<string[]> {
  const expected = expectedTitles(entries);
  const total = [...expected.values()].reduce((sum, count) => sum + count, 0);
  const families = [...expected.keys()].filter((title) => title.startsWith('operator class ')).length;
  const found = await foreignObjects(session, total + families + MORE, { withLargeObjects: false, withHosts: true });
  const differences = differencesOfTitles(expected, found);
  if (differences.length > 0) return differences;
  const wanted = expectedLargeObjects(entries);
  const there = await readLargeObjects(session);
  if (there.count !== wanted.count)
    return [`it has ${formatExact(there.count)} of ${plural(wanted.count, 'large object')}`];
  return BigInt(there.oidSum) === wanted.oidSum ? [] : ['its large objects are others'];
}

async function attachedDifferences(
  session: PsqlSession,
  entries: readonly TocEntry[],
  expected: Expectations,
): Promise<string[]> {
  const known = expectedAttached(entries, expected);
  const found = await readAttached(session);
  return found.filter((title) => !known.has(title)).map((title) => `${title} is not of it`);
}

/** Tables that the backup has no rows of must have none. */
async function filledDifferences(session: PsqlSession, entries: readonly TocEntry[]): Promise<string[]> {
  const names = tablesWithoutRows(entries).map(({ schema, name }) => `${identifier(schema)}.${identifier(name)}`);
  return (await tablesWithRows(session, names)).map((name) => `${name} has rows`);
}

/** What nobody can compare, as the backup does not say how it should be. */
function incomparable(entries: readonly TocEntry[], { rows, sequences }: Expectations): string[] {
  const inserts = entries.filter(({ desc, copyStatement }) => desc === 'TABLE DATA' && copyStatement === '').length;
  const uncounted = inserts + rows.filter(({ counted, loaded }) => counted === null && loaded === null).length;
  const nameless = [...rows, ...sequences].filter(({ sqlName }) => sqlName.includes('\uFFFD')).length;
  return [
    ...(uncounted === 0
      ? []
      : [`its rows cannot be compared: the backup has no row count of ${plural(uncounted, 'table')}`]),
    ...(nameless === 0 ? [] : [`${plural(nameless, 'name')} in it are no text, and cannot be asked for`]),
  ];
}
