/** What the source says of the tables that an archive has data of, in the holder's snapshot and under its locks. */
import * as z from 'zod';
import type { TocEntry } from '../archive/types.js';
import { PhaseliftError } from '../foundation/errors.js';
import type { PsqlSession } from '../postgres/session.js';
import { literal } from '../postgres/sql.js';
import type { RowOptions } from './row-options.js';

/** A table to read. */
export interface SourceTable {
  oid: string;
  /** Pages of the heap; null where it cannot be read by ranges of pages. */
  pages: number | null;
  /** Heap with TOAST, on disk. */
  bytes: number;
  /** Which rows of an extension's configuration table are dumped: `WHERE …`, as the extension says it; null: all. */
  filter: string | null;
}

/** What a table's size was before the snapshot; it may have grown since. */
export interface TableSize {
  pages: number;
  sizeBytes: number;
}

/** The first version that reads a range of pages without reading all pages (TID range scans). */
const RANGES_SINCE_MAJOR = 14;

/** Tables that are locked by one statement, and asked about by one query. */
const BATCH = 500;

const tableRow = z.object({
  oid: z.string(),
  name: z.string(),
  isSame: z.boolean(),
  isHeap: z.boolean(),
});

/**
 * Locks the tables against whatever would change what is read (TRUNCATE and ALTER TABLE show through a snapshot), and looks at
 * them. Throws TOOL_FAILED where that has happened already, since the snapshot was taken. In batches: one after the other, each table once.
 */
export async function lockTables(
  session: PsqlSession,
  entries: readonly TocEntry[],
  sizes: ReadonlyMap<string, TableSize>,
  options: RowOptions,
  serverMajor: number,
): Promise<Map<string, SourceTable>> {
  const oids = [...new Set(entries.filter(isTableData).map(({ oid }) => oid))];
  const tables = new Map<string, SourceTable>();
  if (oids.length === 0) return tables;
  if (options.lockWaitTimeout !== null) {
    await session.run(`SET statement_timeout = ${literal(options.lockWaitTimeout)};`);
  }
  for (const batch of batchesOf(oids)) await session.run(`${lockQuery(batch, false)} \\gexec`);
  await session.run('SET statement_timeout = 0;');
  const filters = await readFilters(session);
  for (const batch of batchesOf(oids)) {
    const rows = await session.query(tableQuery(batch), tableRow);
    for (const { oid, name, isSame, isHeap } of rows) {
      if (!isSame) throw changedError(name);
      const filter = filters.get(oid) ?? null;
      const size = sizes.get(oid);
      const isCut = isHeap && filter === null && serverMajor >= RANGES_SINCE_MAJOR;
      tables.set(oid, { oid, pages: isCut && size ? size.pages : null, bytes: size?.sizeBytes ?? 0, filter });
    }
    if (rows.length !== batch.length) throw changedError(null);
  }
  return tables;
}

export function isTableData(entry: TocEntry): boolean {
  return entry.hasData && entry.desc === 'TABLE DATA';
}

const COLUMNS =
  "(SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_catalog.pg_attribute a " +
  "WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')";
const NAME = "pg_catalog.format('%I.%I', n.nspname, c.relname)";

/** What a COPY statement reads: a table, or a range of its pages. */
export interface Reading {
  table: SourceTable;
  range: { from: number; to: number | null } | null;
}

/**
 * The query whose results are the COPY statements of these readings in their order, each between two comments, if there are to be
 * some; to be run with `\gexec`. The server writes the statements, as it knows the names to the byte, for many small tables at once.
 * It fails where a table is not in the snapshot's catalog: no statement would look like no rows.
 */
export function copyQuery(readings: readonly Reading[], comments: { before: string; behind: string } | null): string {
  const statements = readings.map(({ table, range }, at) => `(${at}, ${oidText(table.oid)}, ${framing(table, range)})`);
  const before = comments === null ? '' : `${lineText(comments.before)} || E'\\n' || `;
  const behind = comments === null ? '' : ` || E'\\n' || ${lineText(comments.behind)}`;
  const whole = `'COPY ' || ${NAME} || COALESCE(' (' || ${COLUMNS} || ')', '') || v.tail`;
  const part = `'COPY (SELECT ' || COALESCE(${COLUMNS}, '') || v.source || ${NAME} || v.tail`;
  return (
    `SELECT ${before}CASE WHEN c.oid IS NULL THEN (1 / COALESCE(c.oid::pg_catalog.int8, 0))::pg_catalog.text ` +
    `WHEN v.source = '' THEN ${whole} ELSE ${part} END${behind} ` +
    `FROM (VALUES ${statements.join(', ')}) AS v (ordinal, oid, source, tail) ` +
    'LEFT JOIN (pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace) ON c.oid = v.oid::pg_catalog.oid ORDER BY v.ordinal'
  );
}

/** Makes a line which does not stand in the query's text, since psql may echo that too. */
function lineText(line: string): string {
  const middle = line.length / 2;
  return `${literal(line.slice(0, middle))} || ${literal(line.slice(middle))}`;
}

/** What stands between the columns and the name, empty for a whole table, and behind the name. */
function framing(table: SourceTable, range: Reading['range']): string {
  if (range !== null) {
    const end = range.to === null ? '' : ` AND ctid < '(${range.to},0)'`;
    return `' FROM ONLY ', ${literal(` WHERE ctid >= '(${range.from},0)'${end}) TO STDOUT`)}`;
  }
  if (table.filter !== null) return `' FROM ', ${literal(` ${table.filter}) TO STDOUT`)}`;
  return "'', ' TO STDOUT'";
}

/** The query whose result is the statement that locks these tables; to be run with `\\gexec`. */
export function lockQuery(oids: readonly string[], noWait: boolean): string {
  return (
    `SELECT 'LOCK TABLE ONLY ' || pg_catalog.string_agg(pg_catalog.format('%I.%I', n.nspname, c.relname), ', ONLY ') || ' IN ACCESS SHARE MODE${noWait ? ' NOWAIT' : ''}' ` +
    `FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid IN (${oids.map(oidText).join(', ')})`
  );
}

/** The catalog is read as the snapshot has it; functions and casts to regclass know it as it is now. */
function tableQuery(oids: readonly string[]): string {
  return (
    "SELECT c.oid::pg_catalog.text AS oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, " +
    'COALESCE(c.relfilenode = pg_catalog.pg_relation_filenode(c.oid) ' +
    'AND c.oid = pg_catalog.to_regclass(pg_catalog.format(\'%I.%I\', n.nspname, c.relname)), false) AS "isSame", ' +
    'COALESCE(m.amname = \'heap\', false) AS "isHeap" ' +
    'FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam ' +
    `WHERE c.oid IN (${oids.map(oidText).join(', ')})`
  );
}

/** Conditions of configuration tables, by the table's oid. */
async function readFilters(session: PsqlSession): Promise<Map<string, string>> {
  const rows = await session.query(
    'SELECT t.oid::pg_catalog.text AS oid, t.filter FROM pg_catalog.pg_extension e, ' +
      "LATERAL ROWS FROM (pg_catalog.unnest(e.extconfig), pg_catalog.unnest(e.extcondition)) AS t (oid, filter) WHERE t.filter <> ''",
    z.object({ oid: z.string(), filter: z.string() }),
  );
  return new Map(rows.map(({ oid, filter }) => [oid, filter]));
}

function* batchesOf(oids: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < oids.length; at += BATCH) yield oids.slice(at, at + BATCH);
}

/** Comes from the archive: nothing but digits becomes SQL. */
function oidText(oid: string): string {
  if (/^\d{1,10}$/.test(oid)) return oid;
  throw new PhaseliftError('INTERNAL', 'a table of the archive has no oid');
}

function changedError(name: string | null): PhaseliftError {
  const what = name === null ? 'a table' : `the table ${name}`;
  return new PhaseliftError(
    'TOOL_FAILED',
    `${what} was truncated, rewritten, renamed or dropped just after the backup had begun: its rows are not to be had any more`,
    { object: name ?? undefined, hint: 'Run the backup again.' },
  );
}
