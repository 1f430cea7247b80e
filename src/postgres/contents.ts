import type { PsqlSession } from './session.js';
import { literal } from './sql.js';

/** Roles and schemas of the platforms' own things: they are in databases that users call empty. */
const PLATFORM_ROLES = [
  'rdsadmin',
  'cloudsqladmin',
  'cloudsqlimportexport',
  'alloydbadmin',
  'azuresu',
  'azure_superuser',
  'supabase_admin',
  'cloud_admin',
  'neon_superuser',
  'crunchy_superuser',
];
const PLATFORM_SCHEMAS = [
  'rds_tools',
  'google_vacuum_mgmt',
  'aiven_extras',
  'aiven_gatekeeper',
  'azure_sys',
  'pgaadauth',
];

const list = (words: readonly string[]): string => words.map(literal).join(', ');

/**
 * Up to `limit` objects of the connected database that are neither PostgreSQL's, nor an extension's, nor the platform's,
 * nor in `ownSchema`: `table app.t`. Empty means that the database is empty.
 */
export async function foreignObjects(session: PsqlSession, ownSchema: string, limit: number): Promise<string[]> {
  const rows = await session.query<{ title: string }>(`
    WITH schemas AS (
      SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace n
      WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname NOT IN (${list([ownSchema, ...PLATFORM_SCHEMAS])})
        AND n.nspowner NOT IN (SELECT oid FROM pg_catalog.pg_roles WHERE rolname IN (${list(PLATFORM_ROLES)}) AND n.nspname <> 'public')
    ), objects AS (
      SELECT 'pg_class'::regclass AS catalog, c.oid, c.relowner AS owner,
        CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' WHEN 'S' THEN 'sequence ' WHEN 'f' THEN 'foreign table ' WHEN 'c' THEN 'type ' ELSE 'table ' END || n.nspname || '.' || c.relname AS title
      FROM pg_catalog.pg_class c JOIN schemas n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')
      UNION ALL
      SELECT 'pg_proc'::regclass, p.oid, p.proowner, 'function ' || n.nspname || '.' || p.proname FROM pg_catalog.pg_proc p JOIN schemas n ON n.oid = p.pronamespace
      UNION ALL
      SELECT 'pg_type'::regclass, t.oid, t.typowner, 'type ' || n.nspname || '.' || t.typname FROM pg_catalog.pg_type t JOIN schemas n ON n.oid = t.typnamespace
      WHERE t.typtype IN ('d', 'e', 'r') OR (t.typtype = 'b' AND t.typelem = 0)
      UNION ALL
      SELECT 'pg_namespace'::regclass, n.oid, s.nspowner, 'schema ' || n.nspname FROM schemas n JOIN pg_catalog.pg_namespace s ON s.oid = n.oid WHERE n.nspname <> 'public'
      UNION ALL
      SELECT 'pg_largeobject_metadata'::regclass, l.oid, l.lomowner, 'large object ' || l.oid FROM pg_catalog.pg_largeobject_metadata l
      UNION ALL
      SELECT 'pg_event_trigger'::regclass, e.oid, e.evtowner, 'event trigger ' || e.evtname FROM pg_catalog.pg_event_trigger e
      UNION ALL
      SELECT 'pg_publication'::regclass, u.oid, u.pubowner, 'publication ' || u.pubname FROM pg_catalog.pg_publication u
    )
    SELECT o.title FROM objects o
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = o.catalog AND d.objid = o.oid AND d.deptype = 'e')
      AND o.owner NOT IN (SELECT oid FROM pg_catalog.pg_roles WHERE rolname IN (${list(PLATFORM_ROLES)}))
    ORDER BY o.title LIMIT ${limit}`);
  return rows.map((row) => row.title);
}
