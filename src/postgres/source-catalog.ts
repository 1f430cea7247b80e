import * as z from 'zod';
import type { PsqlSession } from './session.js';
import { literal } from './sql.js';

/** What the source knows about its tables and indexes: kept in the manifest, for later plans. */
export interface SourceRelation {
  kind: 'table' | 'index';
  schema: string;
  name: string;
  /** The table of an index. */
  table: string | null;
  /** Tables: heap with TOAST, without indexes. */
  sizeBytes: number;
  /** False for an index that the server does not use; null for tables. */
  valid: boolean | null;
  /** The planner's estimate; null when the table was never analyzed. */
  rowsEstimate: number | null;
}

const sourceRelation: z.ZodType<SourceRelation> = z.object({
  kind: z.enum(['table', 'index']),
  schema: z.string(),
  name: z.string(),
  table: z.string().nullable(),
  // Of one that is dropped while we ask, the server says none.
  sizeBytes: z
    .number()
    .nullable()
    .transform((size) => size ?? 0),
  valid: z.boolean().nullable(),
  rowsEstimate: z.number().nullable(),
});

const NOT_OURS =
  "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d " +
  "WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')";

export async function readRelations(session: PsqlSession): Promise<SourceRelation[]> {
  return session.query(
    `
    SELECT CASE WHEN i.indexrelid IS NULL THEN 'table' ELSE 'index' END AS kind, n.nspname AS schema, c.relname AS name, t.relname AS table,
      CASE WHEN i.indexrelid IS NULL THEN pg_catalog.pg_table_size(c.oid) ELSE pg_catalog.pg_relation_size(c.oid) END AS "sizeBytes",
      i.indisvalid AND i.indisready AS valid, NULLIF(c.reltuples, -1)::pg_catalog.float8 AS "rowsEstimate"
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
    WHERE c.relkind IN ('r', 'p', 'm', 'i', 'I') AND ${NOT_OURS} ORDER BY 1, 2, 3`,
    sourceRelation,
  );
}

const SAMPLED_TABLES = 50;
const SAMPLED_PAGES = 200;

/**
 * About how many bytes an uncompressed archive will have. On-disk sizes mislead (TOAST is stored compressed and dumped
 * expanded), so the largest tables are sampled as text; for the small rest, and large objects, the disk size is near enough.
 */
export async function estimateArchiveBytes(session: PsqlSession): Promise<number> {
  const large = await session.query(
    `SELECT c.oid::pg_catalog.int8 AS oid, c.pages FROM (SELECT c.*, pg_catalog.pg_relation_size(c.oid) / 8192 AS pages FROM pg_catalog.pg_class c) c ` +
      `JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND c.pages > 1000 AND ${NOT_OURS} ` +
      `AND pg_catalog.has_table_privilege(c.oid, 'SELECT') AND NOT pg_catalog.row_security_active(c.oid) ORDER BY c.pages DESC LIMIT ${SAMPLED_TABLES}`,
    z.object({ oid: z.int(), pages: z.number() }),
  );
  let bytes = 0;
  for (const table of large) {
    const percent = Math.min(100, (100 * SAMPLED_PAGES) / table.pages);
    bytes += ((await sampledBytes(session, table.oid, percent)) * 100) / percent;
  }
  const [rest] = await session.query(
    "SELECT COALESCE(pg_catalog.sum(pg_catalog.pg_table_size(c.oid)), 0) AS tables, pg_catalog.pg_relation_size('pg_catalog.pg_largeobject') AS objects " +
      `FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND ${NOT_OURS} ` +
      `AND pg_catalog.pg_relation_size(c.oid) / 8192 <= 1000`,
    z.object({ tables: z.number(), objects: z.number() }),
  );
  return Math.round(bytes + (rest?.tables ?? 0) + (rest?.objects ?? 0));
}

/**
 * The text of the rows in a sample of a table. It is made by the types' output functions, as COPY does: a cast
 * (`row::text`) may be a function of the table's owner, and would run with our rights, whatever the search_path. Generated
 * columns are not dumped. The server writes the statement: it knows the names to the byte. A table that is gone has no rows.
 */
async function sampledBytes(session: PsqlSession, oid: number, percent: number): Promise<number> {
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
