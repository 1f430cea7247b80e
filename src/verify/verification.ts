import type { BlockMap, TocEntry } from '../archive/types.js';
import { formatExact, plural } from '../foundation/format.js';
import type { PsqlSession } from '../postgres/session.js';
import { expectationsOf, type Expectations } from './expectations.js';
import {
  countRows,
  readConstraints,
  readIndexes,
  readObjects,
  readSequences,
  type CountedRows,
} from './target-state.js';
import type { VerificationLine } from './verification-line.js';

/** `full` also counts every table in the target and compares definitions; `content` also compares what is in the rows. */
export type VerifyLevel = 'true' | 'full' | 'content' | 'false';

export interface VerificationInput {
  /** The entries that the plan restored, without those of the last transaction (event triggers). */
  entries: readonly TocEntry[];
  blocks: readonly BlockMap[];
  /** Rows that COPY loaded, over all units and runs; each unit was compared on its own. */
  loadedRows: number | null;
  /** `schema.name` of indexes that were invalid in the source as well. */
  invalidAtSource: ReadonlySet<string>;
  /** Also counts every table in the target. */
  full: boolean;
}

const SHOWN = 5;

/** Compares the target with the backup. One line per check; the caller decides what a false `ok` means. */
export async function verifyTarget(session: PsqlSession, input: VerificationInput): Promise<VerificationLine[]> {
  const expected = expectationsOf(input.entries, input.blocks);
  const lines = [
    rowsLine(expected, input.loadedRows),
    ...(input.full ? [await countedLine(expected, (sqlName) => countRows(session, sqlName))] : []),
    ...(await stateLines(session, expected, input.invalidAtSource)),
  ];
  return lines.filter(isWorthTelling);
}

/** Indexes, constraints, sequences and objects: what the catalogs and a look at each sequence say. */
export async function stateLines(
  session: PsqlSession,
  expected: Expectations,
  invalidAtSource: ReadonlySet<string>,
): Promise<VerificationLine[]> {
  return [
    await indexesLine(session, expected, invalidAtSource),
    await constraintsLine(session, expected),
    await sequencesLine(session, expected),
    ...(await objectLines(session, expected)),
  ];
}

/** A check of nothing says nothing. */
export function isWorthTelling(line: VerificationLine): boolean {
  return line.expected > 0 || !line.ok || line.detail !== '';
}

function line(check: string, expected: number, wrong: readonly string[], note = ''): VerificationLine {
  const shown = wrong.slice(0, SHOWN).join(', ') + (wrong.length > SHOWN ? ' …' : '');
  return {
    check,
    expected,
    found: expected - wrong.length,
    ok: wrong.length === 0,
    detail: wrong.length > 0 ? shown : note,
  };
}

function rowsLine(expected: Expectations, loaded: number | null): VerificationLine {
  const known = expected.rows.reduce((sum, table) => sum + (table.loaded ?? 0), 0);
  const uncounted = expected.rows.filter((table) => table.loaded === null).length;
  const compared = known === 0 ? '' : 'each COPY was compared on its own';
  const detail = uncounted === 0 ? compared : `${plural(uncounted, 'table')} without a row count in the backup`;
  return {
    check: 'rows loaded',
    expected: known,
    found: loaded ?? known,
    ok: uncounted > 0 || loaded === null || loaded === known,
    detail,
  };
}

/** The count of each table, by `count`, compared with the backup's. */
export async function countedLine(
  expected: Expectations,
  count: (sqlName: string) => Promise<CountedRows>,
): Promise<VerificationLine> {
  const wrong: string[] = [];
  const notCounted = new Map<string, string[]>();
  const { named, note } = byName(expected.rows);
  for (const table of named) {
    const { rows, reason } = await count(table.sqlName);
    if (reason !== null) {
      const names = notCounted.get(reason) ?? [];
      names.push(table.sqlName);
      notCounted.set(reason, names);
    } else if (table.counted !== null && rows !== table.counted)
      wrong.push(
        `${table.sqlName} has ${rows === null ? 'unknown' : formatExact(rows)} of ${plural(table.counted, 'row')}`,
      );
  }
  const notes = [...notCounted].map(
    ([reason, names]) => `not countable, ${reason}: ${names.slice(0, SHOWN).join(', ')}`,
  );
  return line('tables counted', named.length, wrong, [...notes, note].filter((text) => text !== '').join('; '));
}

/** Without those whose names held bytes that are no text, as SQL_ASCII allows: the server cannot be asked for them. */
function byName<T extends { sqlName: string }>(expected: readonly T[]): { named: T[]; note: string } {
  const named = expected.filter(({ sqlName }) => !sqlName.includes('\uFFFD'));
  const others = expected.length - named.length;
  return { named, note: others === 0 ? '' : `${others} more not compared: their names are no text` };
}

async function indexesLine(
  session: PsqlSession,
  expected: Expectations,
  invalid: ReadonlySet<string>,
): Promise<VerificationLine> {
  const states = new Map((await readIndexes(session)).map((index) => [`${index.schema}.${index.name}`, index.valid]));
  const wrong = expected.indexes
    .map((index) => `${index.schema}.${index.name}`)
    .filter((name) => states.get(name) !== true && !(states.get(name) === false && invalid.has(name)))
    .map((name) => `${name} is ${states.has(name) ? 'not valid' : 'missing'}`);
  return line('indexes', expected.indexes.length, wrong);
}

async function constraintsLine(session: PsqlSession, expected: Expectations): Promise<VerificationLine> {
  const key = (item: { schema: string; relation: string; name: string }): string =>
    [item.schema, item.relation, item.name].join('\0');
  const states = new Map((await readConstraints(session)).map((constraint) => [key(constraint), constraint.validated]));
  const wrong = expected.constraints
    .filter((constraint) => states.get(key(constraint)) !== constraint.validated)
    .map((constraint) => {
      const state = states.get(key(constraint));
      const fault =
        state === undefined ? 'missing' : state ? 'validated, but NOT VALID in the backup' : 'not validated';
      return `${constraint.schema}.${constraint.relation} ${constraint.name} is ${fault}`;
    });
  return line('constraints', expected.constraints.length, wrong);
}

async function sequencesLine(session: PsqlSession, expected: Expectations): Promise<VerificationLine> {
  const { named, note } = byName(expected.sequences);
  const states = await readSequences(
    session,
    named.map((sequence) => sequence.sqlName),
  );
  const found = new Map(states.map((state) => [state.sqlName, state]));
  const wrong = named
    .filter(({ sqlName, lastValue, isCalled }) => {
      const state = found.get(sqlName);
      return state?.lastValue !== lastValue || state.isCalled !== isCalled;
    })
    .map(({ sqlName, lastValue, isCalled }) => {
      const state = found.get(sqlName);
      return state === undefined
        ? `${sqlName} is missing`
        : `${sqlName} is at ${position(state.lastValue, state.isCalled)}, not ${position(lastValue, isCalled)}`;
    });
  return line('sequences', named.length, wrong, note);
}

function position(lastValue: string, isCalled: boolean): string {
  return isCalled ? lastValue : `${lastValue} (not handed out yet)`;
}

/** Functions and types are counted, for signatures are spelled in more than one way; all else is compared by name. */
const COUNTED = new Set(['FUNCTION', 'PROCEDURE', 'AGGREGATE', 'TYPE', 'DOMAIN']);

async function objectLines(session: PsqlSession, expected: Expectations): Promise<VerificationLine[]> {
  const found = new Map<string, Set<string>>();
  for (const { kind, name } of await readObjects(session)) {
    const names = found.get(kind) ?? new Set();
    names.add(name);
    found.set(kind, names);
  }
  return [...expected.objects].map(([kind, names]) => {
    const there = found.get(kind) ?? new Set<string>();
    const check = `objects: ${kind}`;
    if (COUNTED.has(kind)) {
      const ok = there.size >= names.length;
      return {
        check,
        expected: names.length,
        found: Math.min(there.size, names.length),
        ok,
        detail: ok ? '' : 'some are missing',
      };
    }
    return line(
      check,
      names.length,
      names.filter((name) => !there.has(name)).map((name) => `${name} is missing`),
    );
  });
}
