import type { PsqlSession } from '../postgres/session.js';
import { literal } from '../postgres/sql.js';
import type { Unit } from '../plan/unit.js';
import type { Plan } from '../plan/plan.js';

/**
 * The journal: tables in a schema of their own inside the target database. It says which backup is being restored, by
 * which plan, and which units are finished; a unit's row is committed with the unit's work.
 */
export const JOURNAL_SCHEMA = 'phaselift_journal';
const JOURNAL_FORMAT = 1;

/** What the restore in progress is about. A resume goes by this, not by what the inputs say now. */
export interface JournalHeader {
  format: number;
  database: string;
  backupName: string;
  archiveUri: string;
  archiveSha256: string;
  indexStrategy: Plan['indexStrategy'];
  /** Arguments of pg_restore, the same for all units. */
  restoreArgs: string[];
  reasons: Plan['reasons'];
  leftOut: Plan['leftOut'];
}

export interface FinishedUnit {
  unit: string;
  rows: number | null;
  bytes: number;
  seconds: number;
}

export interface JournalState {
  header: JournalHeader;
  units: Unit[];
  finished: FinishedUnit[];
}

/** Reads the journal; null when the database has none. */
export async function readJournal(session: PsqlSession): Promise<JournalState | null> {
  const [there] = await session.query<{ there: boolean }>(
    `SELECT pg_catalog.to_regclass('${JOURNAL_SCHEMA}.restore') IS NOT NULL AS there`,
  );
  if (there?.there !== true) return null;
  const [restore] = await session.query<{ header: JournalHeader }>(`SELECT header FROM ${JOURNAL_SCHEMA}.restore`);
  if (restore === undefined) return null;
  const plan = await session.query<{ definition: Unit }>(
    `SELECT definition FROM ${JOURNAL_SCHEMA}.plan ORDER BY ordinal`,
  );
  const finished = await session.query<FinishedUnit>(
    `SELECT unit, rows, bytes, seconds FROM ${JOURNAL_SCHEMA}.finished ` +
      `UNION ALL SELECT unit, rows, bytes, seconds FROM ${JOURNAL_SCHEMA}.finished_unlogged`,
  );
  return { header: restore.header, units: plan.map((row) => row.definition), finished };
}

/** Makes the journal and writes the plan into it, in one transaction. */
export async function createJournal(
  session: PsqlSession,
  header: Omit<JournalHeader, 'format'>,
  units: readonly Unit[],
): Promise<void> {
  const finishedColumns = 'unit text PRIMARY KEY, rows bigint, bytes bigint, seconds float8, finished_at timestamptz';
  await session.run(
    [
      'BEGIN;',
      `CREATE SCHEMA ${JOURNAL_SCHEMA};`,
      `COMMENT ON SCHEMA ${JOURNAL_SCHEMA} IS 'a restore by Phaselift is under way; removed when it is done';`,
      `CREATE TABLE ${JOURNAL_SCHEMA}.restore (header json NOT NULL, started_at timestamptz NOT NULL DEFAULT pg_catalog.now());`,
      `CREATE TABLE ${JOURNAL_SCHEMA}.plan (unit text PRIMARY KEY, ordinal int NOT NULL, definition json NOT NULL);`,
      `CREATE TABLE ${JOURNAL_SCHEMA}.finished (${finishedColumns});`,
      `CREATE UNLOGGED TABLE ${JOURNAL_SCHEMA}.finished_unlogged (${finishedColumns});`,
      `INSERT INTO ${JOURNAL_SCHEMA}.restore (header) VALUES (${literal(asciiJson({ format: JOURNAL_FORMAT, ...header }))});`,
    ].join('\n'),
  );
  for (const [ordinal, unit] of units.entries()) {
    const values = [literal(unit.id), String(ordinal), literal(asciiJson(unit))].join(', ');
    await session.run(`INSERT INTO ${JOURNAL_SCHEMA}.plan VALUES (${values});`);
  }
  await session.run('COMMIT;');
}

/**
 * Opens a unit's transaction and claims the unit in it. False when the unit is finished already: then the transaction is
 * closed again. An attempt of a dying run that holds the claim is waited for.
 */
export async function beginUnit(session: PsqlSession, unit: Unit): Promise<boolean> {
  const answer = await session.run(
    `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;\nINSERT INTO ${tableOf(unit)} (unit) VALUES (${literal(unit.id)}) ON CONFLICT DO NOTHING;`,
  );
  if (answer.includes('INSERT 0 1')) return true;
  await session.run('ROLLBACK;');
  return false;
}

/** The last statements of a unit: what was done, and COMMIT. To be sent only when all of the unit has been checked. */
export async function commitUnit(session: PsqlSession, unit: Unit, result: Omit<FinishedUnit, 'unit'>): Promise<void> {
  const rows = result.rows === null ? 'NULL' : String(result.rows);
  await session.run(
    `UPDATE ${tableOf(unit)} SET rows = ${rows}, bytes = ${result.bytes}, seconds = ${result.seconds.toFixed(3)}, ` +
      `finished_at = pg_catalog.clock_timestamp() WHERE unit = ${literal(unit.id)};\nCOMMIT;`,
  );
}

/** Statement that removes the journal; belongs into the transaction of the very last work. */
export const DROP_JOURNAL = `DROP SCHEMA ${JOURNAL_SCHEMA} CASCADE;`;

function tableOf(unit: Unit): string {
  return `${JOURNAL_SCHEMA}.${unit.unlogged ? 'finished_unlogged' : 'finished'}`;
}

/**
 * For a column of type json, which keeps escapes as they are: the target's encoding may lack characters of ours, or of names
 * that are to be left out.
 */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
