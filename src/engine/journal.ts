import * as z from 'zod';
import { restOf, type Halves } from '../plan/halves.js';
import type { Unit } from '../plan/unit.js';
import { JOURNAL_SCHEMA } from '../postgres/contents.js';
import type { PsqlSession } from '../postgres/session.js';
import { RESET_PATH } from '../postgres/session-settings.js';
import { literal } from '../postgres/sql.js';
import {
  asciiJson,
  JOURNAL_FORMAT,
  parseFinished,
  parseHeader,
  parseUnit,
  type FinishedUnit,
  type JournalHeader,
} from './journal-format.js';
import { hasOwnJournal, JOURNAL_TABLES } from './journal-ownership.js';

const BATCH_CHARACTERS = 256 * 1024;

export interface JournalState {
  header: JournalHeader;
  units: Unit[];
  finished: FinishedUnit[];
}

/**
 * Reads the journal; null when the database has none. Throws TARGET_NOT_EMPTY when what is there is not ours, or of
 * another form. `database` is for messages.
 */
export async function readJournal(session: PsqlSession, database: string): Promise<JournalState | null> {
  if (!(await hasOwnJournal(session, JOURNAL_SCHEMA, database))) return null;
  const [restore] = await session.query(
    `SELECT header FROM ${JOURNAL_SCHEMA}.restore`,
    z.object({ header: z.unknown() }),
  );
  const plan = await session.query(
    `SELECT definition FROM ${JOURNAL_SCHEMA}.plan ORDER BY ordinal, unit`,
    z.object({ definition: z.unknown() }),
  );
  const finished = await session.query(
    ['finished', 'finished_unlogged']
      .map((table) => `SELECT unit, rows, bytes, seconds FROM ${JOURNAL_SCHEMA}.${table} WHERE finished_at IS NOT NULL`)
      .join(' UNION ALL '),
    z.unknown(),
  );
  return {
    header: parseHeader(restore?.header),
    units: plan.map((row) => parseUnit(row.definition)),
    finished: finished.map(parseFinished),
  };
}

/** True as long as the restore is not done. */
export async function hasJournal(session: PsqlSession): Promise<boolean> {
  const found = await session.query(
    `SELECT 1 AS found FROM pg_catalog.pg_namespace WHERE nspname OPERATOR(pg_catalog.=) ${literal(JOURNAL_SCHEMA)}`,
    z.object({ found: z.literal(1) }),
  );
  return found.length > 0;
}

/**
 * Makes the journal and writes the plan into it, in one transaction, which also does what `more` says (statements with
 * their semicolons).
 */
export async function createJournal(
  session: PsqlSession,
  header: Omit<JournalHeader, 'format'>,
  units: readonly Unit[],
  more = '',
): Promise<void> {
  const tables = Object.entries<(typeof JOURNAL_TABLES)[keyof typeof JOURNAL_TABLES]>(JOURNAL_TABLES).map(
    ([name, { unlogged, columns }]) => {
      const list = Object.entries<string>(columns).map(
        ([column, type]) => `${column} pg_catalog.${type}${column === 'unit' ? ' PRIMARY KEY' : ''}`,
      );
      return `CREATE ${unlogged ? 'UNLOGGED ' : ''}TABLE ${JOURNAL_SCHEMA}.${name} (${list.join(', ')});`;
    },
  );
  await session.run(
    [
      'BEGIN;',
      more,
      `CREATE SCHEMA ${JOURNAL_SCHEMA};`,
      `COMMENT ON SCHEMA ${JOURNAL_SCHEMA} IS 'a restore by Phaselift is under way; removed when it is done';`,
      ...tables,
      `INSERT INTO ${JOURNAL_SCHEMA}.restore (header, started_at) VALUES ` +
        `(${literal(asciiJson({ format: JOURNAL_FORMAT, ...header }))}, pg_catalog.now());`,
    ].join('\n'),
  );
  for (const rows of batches(units))
    await session.run(`INSERT INTO ${JOURNAL_SCHEMA}.plan VALUES ${rows.join(',\n')};`);
  await session.run('COMMIT;');
}

/** The rows of the plan, in order, as many to a statement as are about BATCH_CHARACTERS: a plan may have thousands. */
function* batches(units: readonly Unit[]): Generator<string[]> {
  let batch: string[] = [];
  let characters = 0;
  for (const [ordinal, unit] of units.entries()) {
    const row = `(${literal(unit.id)}, ${ordinal}, ${literal(asciiJson(unit))})`;
    batch.push(row);
    characters += row.length;
    if (characters < BATCH_CHARACTERS) continue;
    yield batch;
    batch = [];
    characters = 0;
  }
  if (batch.length > 0) yield batch;
}

/**
 * Opens a unit's transaction and claims the unit in it. False when the unit is finished already: then the transaction is
 * closed again. An attempt of a dying run that holds the claim is waited for.
 */
export async function beginUnit(session: PsqlSession, unit: Unit): Promise<boolean> {
  const answer = await session.run(
    `${RESET_PATH}\nBEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;\n` +
      `INSERT INTO ${tableOf(unit)} (unit) VALUES (${literal(unit.id)}) ON CONFLICT DO NOTHING;`,
  );
  if (answer.includes('INSERT 0 1')) return true;
  await session.run('ROLLBACK;');
  return false;
}

/** What the journal has of a unit that is finished. */
export async function finishedUnit(session: PsqlSession, unit: Unit): Promise<FinishedUnit | null> {
  const [row] = await session.query(
    `SELECT unit, rows, bytes, seconds FROM ${tableOf(unit)} WHERE unit OPERATOR(pg_catalog.=) ${literal(unit.id)} AND finished_at IS NOT NULL`,
    z.unknown(),
  );
  return row === undefined ? null : parseFinished(row);
}

/**
 * Puts the halves of a unit into the plan, in a transaction that it leaves open. False when the unit is finished after all: then
 * nothing is open. It may be done again. What this run leaves out of the unit stays in the plan, with the second half.
 */
export async function divideUnit(session: PsqlSession, { first, rest }: Halves): Promise<boolean> {
  if (!(await beginUnit(session, rest))) return false;
  const plan = `${JOURNAL_SCHEMA}.plan`;
  const isRest = `WHERE unit OPERATOR(pg_catalog.=) ${literal(rest.id)}`;
  const [row] = await session.query(`SELECT definition FROM ${plan} ${isRest}`, z.object({ definition: z.unknown() }));
  const stored = parseUnit(row?.definition);
  const json = (unit: Unit): string => `${literal(asciiJson(unit))}::pg_catalog.json`;
  await session.run(
    [
      `DELETE FROM ${tableOf(rest)} ${isRest};`,
      `INSERT INTO ${plan} SELECT ${literal(first.id)}::pg_catalog.text, ordinal, ${json({ ...first, after: stored.after })} FROM ${plan} ${isRest} ON CONFLICT DO NOTHING;`,
      `UPDATE ${plan} SET definition = ${json(restOf(stored, first, rest.title))} ${isRest};`,
    ].join('\n'),
  );
  return true;
}

/** Writes down, in the unit's transaction, what was done. */
export async function recordUnit(session: PsqlSession, unit: Unit, result: Omit<FinishedUnit, 'unit'>): Promise<void> {
  const rows = result.rows === null ? 'NULL' : String(result.rows);
  await session.run(
    `${RESET_PATH}\nUPDATE ${tableOf(unit)} SET rows = ${rows}, bytes = ${result.bytes}, seconds = ${result.seconds.toFixed(3)}, ` +
      `finished_at = pg_catalog.clock_timestamp() WHERE unit OPERATOR(pg_catalog.=) ${literal(unit.id)};`,
  );
}

/**
 * Statements that remove the journal; they belong into the transaction of the very last work. Without CASCADE: what
 * somebody has hung on it is not ours to drop.
 */
export const DROP_JOURNAL =
  `DROP TABLE ${Object.keys(JOURNAL_TABLES)
    .map((table) => `${JOURNAL_SCHEMA}.${table}`)
    .join(', ')};\n` + `DROP SCHEMA ${JOURNAL_SCHEMA};`;

function tableOf(unit: Unit): string {
  return `${JOURNAL_SCHEMA}.${unit.unlogged ? 'finished_unlogged' : 'finished'}`;
}
