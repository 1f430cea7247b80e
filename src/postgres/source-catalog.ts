import * as z from 'zod';
import type { PsqlSession } from './session.js';
import { literal } from './sql.js';

/** What the source knows about a table or an index. */
export interface CatalogRelation {
  oid: string;
  kind: 'table' | 'index';
  schema: string;
  name: string;
  /** The table of an index. */
  table: string | null;
  /** An ordinary table, which has rows of its own. */
  isPlain: boolean;
  /** Pages of the heap, or of the index. */
  pages: number;
  /** Tables: heap with TOAST, without indexes. */
  sizeBytes: number;
  /** False for an index that the server does not use; null for tables. */
  valid: boolean | null;
  /** The planner's estimate; null when the table was never analyzed. */
  rowsEstimate: number | null;
  /** Of a large index: average bytes of its columns, each of full words, as statistics have them; null when they do not. */
  entryBytes: number | null;
}

/** Of one that is dropped while we ask, the server says none. */
const size = z
  .number()
  .nullable()
  .transform((known) => known ?? 0);

const catalogRelation: z.ZodType<CatalogRelation> = z.object({
  oid: z.string(),
  kind: z.enum(['table', 'index']),
  schema: z.string(),
  name: z.string(),
  table: z.string().nullable(),
  isPlain: z.boolean(),
  pages: size,
  sizeBytes: size,
  valid: z.boolean().nullable(),
  rowsEstimate: z.number().nullable(),
  entryBytes: z.int().nullable(),
});

const NOT_OURS =
  "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d " +
  "WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')";

/** Building a smaller one fits every budget that makes sense, however wide its entries are. */
const LARGE_INDEX_PAGES = 128;

/** Widths of an index's columns: those of the table, and of expressions those of the index itself. Of an index as `i` and `c`, and its table as `t`. */
const ENTRY_BYTES = `(SELECT CASE WHEN pg_catalog.count(s.width) = pg_catalog.count(*) THEN pg_catalog.sum((s.width + 7) / 8 * 8)::pg_catalog.int4 END
  FROM pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k (attnum, place), LATERAL (SELECT pg_catalog.max(p.avg_width) AS width
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_stats p ON p.attname = a.attname AND NOT p.inherited
      AND p.schemaname = n.nspname AND p.tablename = CASE k.attnum WHEN 0 THEN c.relname ELSE t.relname END
    WHERE a.attrelid = CASE k.attnum WHEN 0 THEN i.indexrelid ELSE i.indrelid END AND a.attnum = CASE k.attnum WHEN 0 THEN k.place ELSE k.attnum END) AS s)`;

/**
 * Tables and indexes, but those of extensions. Each size asked for opens files, and there may be very many tables: so the sizes of
 * free space maps, visibility maps and TOAST's indexes, which no archive has, are left out.
 */
export async function readRelations(session: PsqlSession): Promise<CatalogRelation[]> {
  return session.query(
    `
    SELECT s.*, s.bytes / pg_catalog.current_setting('block_size')::pg_catalog.int8 AS pages,
      s.bytes + CASE WHEN s.bytes > 0 AND s.toast <> 0 THEN COALESCE(pg_catalog.pg_relation_size(s.toast), 0) ELSE 0 END AS "sizeBytes"
    FROM (SELECT c.oid::pg_catalog.text AS oid, CASE WHEN i.indexrelid IS NULL THEN 'table' ELSE 'index' END AS kind,
      n.nspname AS schema, c.relname AS name, t.relname AS table, c.relkind = 'r' AS "isPlain",
      pg_catalog.pg_relation_size(c.oid) AS bytes, c.reltoastrelid AS toast,
      i.indisvalid AND i.indisready AS valid, NULLIF(c.reltuples, -1)::pg_catalog.float8 AS "rowsEstimate",
      CASE WHEN c.relkind = 'i' AND c.relpages >= ${LARGE_INDEX_PAGES} THEN ${ENTRY_BYTES} END AS "entryBytes"
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
    WHERE c.relkind IN ('r', 'p', 'm', 'i', 'I') AND ${NOT_OURS}) AS s ORDER BY kind, schema, name`,
    catalogRelation,
  );
}

/** Settings that pg_dump leaves as the role and the database have them, and that change how rows are written. */
export async function readRowSettings(session: PsqlSession): Promise<{ timeZone: string; byteaOutput: string }> {
  const [settings] = await session.query(
    'SELECT pg_catalog.current_setting(\'TimeZone\') AS "timeZone", pg_catalog.current_setting(\'bytea_output\') AS "byteaOutput"',
    z.object({ timeZone: z.string(), byteaOutput: z.string() }),
  );
  return settings ?? { timeZone: '', byteaOutput: '' };
}

/** A table that has more pages is sampled. */
const SMALL_PAGES = 1000;
const SAMPLED_TABLES = 50;
const SAMPLED_PAGES = 200;

/**
 * About how many bytes an uncompressed archive of these relations will have. On-disk sizes mislead (TOAST is stored compressed and
 * dumped expanded), so the largest tables that we may read are sampled as text; for the small rest, and large objects, the disk
 * size is near enough.
 */
export async function estimateArchiveBytes(
  session: PsqlSession,
  relations: readonly CatalogRelation[],
): Promise<number> {
  const tables = relations.filter(({ isPlain }) => isPlain);
  const [objects] = await session.query(
    "SELECT pg_catalog.pg_relation_size('pg_catalog.pg_largeobject') AS bytes",
    z.object({ bytes: z.number() }),
  );
  let bytes = objects?.bytes ?? 0;
  for (const { pages, sizeBytes } of tables) if (pages <= SMALL_PAGES) bytes += sizeBytes;
  for (const { oid, pages } of await readableTables(session, tables)) {
    const percent = Math.min(100, (100 * SAMPLED_PAGES) / pages);
    bytes += ((await sampledBytes(session, oid, percent)) * 100) / percent;
  }
  return Math.round(bytes);
}

/** The largest of those that are not small, as far as we see all of their rows. */
async function readableTables(
  session: PsqlSession,
  tables: readonly CatalogRelation[],
): Promise<readonly CatalogRelation[]> {
  const large = tables.filter(({ pages }) => pages > SMALL_PAGES);
  if (large.length === 0) return [];
  const rows = await session.query(
    `SELECT c.oid::pg_catalog.text AS oid FROM pg_catalog.pg_class c WHERE c.oid IN (${large.map(({ oid }) => oid).join(', ')}) ` +
      "AND pg_catalog.has_table_privilege(c.oid, 'SELECT') AND NOT pg_catalog.row_security_active(c.oid)",
    z.object({ oid: z.string() }),
  );
  const readable = new Set(rows.map(({ oid }) => oid));
  return large
    .filter(({ oid }) => readable.has(oid))
    .sort((a, b) => b.pages - a.pages)
    .slice(0, SAMPLED_TABLES);
}

/**
 * The text of the rows in a sample of a table. It is made by the types' output functions, as COPY does: a cast
 * (`row::text`) may be a function of the table's owner, and would run with our rights, whatever the search_path. Generated
 * columns are not dumped. The server writes the statement: it knows the names to the byte. A table that is gone has no rows.
 */
async function sampledBytes(session: PsqlSession, oid: string, percent: number): Promise<number> {
  const statement =
    'SELECT pg_catalog.sum(pg_catalog.octet_length(pg_catalog.record_out(ROW(%s))::pg_catalog.text)) ' +
    `FROM ONLY %s AS t TABLESAMPLE pg_catalog.system (${percent.toFixed(4)})`;
  const columns =
    "SELECT pg_catalog.string_agg('t.' || pg_catalog.quote_ident(a.attname), ', ') FROM pg_catalog.pg_attribute a " +
    "WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''";
  const lines = await session.run(
    `SELECT pg_catalog.format(${literal(statement)}, (${columns}), c.oid::pg_catalog.regclass) ` +
      `FROM pg_catalog.pg_class c WHERE c.oid = ${oid} AND c.relkind = 'r' \\gexec`,
  );
  return Number(lines.at(-1) ?? 0);
}
