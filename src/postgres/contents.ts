import * as z from 'zod';
import type { PsqlSession } from './session.js';
import { literal } from './sql.js';

/**
 * The journal: tables in a schema of their own inside the target database. It says which backup is being restored, by
 * which plan, and which units are finished; a unit's row is committed with the unit's work.
 */
export const JOURNAL_SCHEMA = 'phaselift_journal';

/** Roles and schemas of the platforms' own things: they are in databases that users call empty. */
export const PLATFORM_ROLES: readonly string[] = [
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

/** Kinds of objects that live in schemas: catalog, how its columns begin, what people call them. */
const IN_SCHEMAS: readonly (readonly [catalog: string, prefix: string, kind: string])[] = [
  ['pg_proc', 'pro', 'function'],
  ['pg_operator', 'opr', 'operator'],
  ['pg_opclass', 'opc', 'operator class'],
  ['pg_opfamily', 'opf', 'operator family'],
  ['pg_collation', 'coll', 'collation'],
  ['pg_conversion', 'con', 'conversion'],
  ['pg_statistic_ext', 'stx', 'statistics object'],
  ['pg_ts_config', 'cfg', 'text search configuration'],
  ['pg_ts_dict', 'dict', 'text search dictionary'],
  ['pg_ts_parser', 'prs', 'text search parser'],
  ['pg_ts_template', 'tmpl', 'text search template'],
];
const IN_NO_SCHEMA: typeof IN_SCHEMAS = [
  ['pg_event_trigger', 'evt', 'event trigger'],
  ['pg_publication', 'pub', 'publication'],
  ['pg_foreign_data_wrapper', 'fdw', 'foreign-data wrapper'],
  ['pg_foreign_server', 'srv', 'foreign server'],
  ['pg_language', 'lan', 'language'],
  ['pg_am', 'am', 'access method'],
];
const WITHOUT_OWNER: ReadonlySet<string> = new Set(['pg_ts_parser', 'pg_ts_template', 'pg_am']);
/** Objects with a lower oid are PostgreSQL's own, where no schema says so. */
const FIRST_OID = 16_384;

const list = (words: readonly string[]): string => words.map(literal).join(', ');

/** An owner that no platform has. */
const NOBODY = '0::pg_catalog.oid';

function branch(catalog: string, oid: string, owner: string, title: string, from: string): string {
  return `SELECT 'pg_catalog.${catalog}'::pg_catalog.regclass AS catalog, ${oid} AS oid, ${owner} AS owner, ${title} AS title FROM ${from}`;
}

const LARGE_OBJECTS = branch(
  'pg_largeobject_metadata',
  'o.oid',
  'o.lomowner',
  "'large object ' || o.oid",
  'pg_catalog.pg_largeobject_metadata o',
);

/** The functions that make values of a range type are a part of the type. */
const NO_PART =
  "NOT EXISTS (SELECT FROM pg_catalog.pg_depend p WHERE p.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND p.objid = o.oid AND p.deptype = 'i')";

/** A schema in which an extension lives is explained by it; what else is in there has a title of its own. */
const NO_HOST = 'AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.extnamespace = o.oid)';

function branches(withLargeObjects: boolean, withHosts: boolean): string[] {
  const ownerOf = (catalog: string, prefix: string): string =>
    WITHOUT_OWNER.has(catalog) ? NOBODY : `o.${prefix}owner`;
  const relation =
    "CASE o.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' WHEN 'S' THEN 'sequence ' " +
    "WHEN 'f' THEN 'foreign table ' WHEN 'c' THEN 'type ' ELSE 'table ' END || n.nspname || '.' || o.relname";
  const type = (column: string): string => `pg_catalog.format_type(o.${column}, NULL)`;
  const cast = `'cast (' || ${type('castsource')} || ' AS ' || ${type('casttarget')} || ')'`;
  const transform = `'transform for ' || ${type('trftype')}`;
  return [
    branch(
      'pg_class',
      'o.oid',
      'o.relowner',
      relation,
      inSchemas('pg_class', 'rel', "o.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')"),
    ),
    branch(
      'pg_type',
      'o.oid',
      'o.typowner',
      "'type ' || n.nspname || '.' || o.typname",
      inSchemas('pg_type', 'typ', USERS_TYPES),
    ),
    branch(
      'pg_namespace',
      'o.oid',
      'o.nspowner',
      "'schema ' || o.nspname",
      `schemas o WHERE o.nspname <> 'public' ${withHosts ? '' : NO_HOST}`,
    ),
    ...(withLargeObjects ? [LARGE_OBJECTS] : []),
    branch('pg_cast', 'o.oid', NOBODY, cast, usersOwn('pg_cast')),
    branch('pg_transform', 'o.oid', NOBODY, transform, usersOwn('pg_transform')),
    // Of subscriptions, not every role may see the oid.
    branch(
      'pg_subscription',
      NOBODY,
      'o.subowner',
      "'subscription ' || o.subname",
      `pg_catalog.pg_subscription o WHERE o.subdbid = ${THIS_DATABASE}`,
    ),
    ...IN_SCHEMAS.map(([catalog, prefix, kind]) =>
      branch(
        catalog,
        'o.oid',
        ownerOf(catalog, prefix),
        `'${kind} ' || n.nspname || '.' || o.${prefix}name`,
        inSchemas(catalog, prefix, catalog === 'pg_proc' ? NO_PART : 'true'),
      ),
    ),
    ...IN_NO_SCHEMA.map(([catalog, prefix, kind]) =>
      branch(catalog, 'o.oid', ownerOf(catalog, prefix), `'${kind} ' || o.${prefix}name`, usersOwn(catalog)),
    ),
  ];
}

/** Shell types among them, but no types of tables and arrays. */
const USERS_TYPES = "o.typtype IN ('d', 'e', 'r') OR (o.typtype = 'b' AND o.typelem = 0) OR NOT o.typisdefined";
const THIS_DATABASE = '(SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())';

function inSchemas(catalog: string, prefix: string, condition = 'true'): string {
  return `pg_catalog.${catalog} o JOIN schemas n ON n.oid = o.${prefix}namespace WHERE (${condition})`;
}

function usersOwn(catalog: string): string {
  return `pg_catalog.${catalog} o WHERE o.oid >= ${FIRST_OID}`;
}

/**
 * Up to `limit` objects of the connected database that are neither PostgreSQL's, nor an extension's, nor the platform's,
 * nor the journal's: `table app.t`. Empty means that the database is empty. There may be millions of large objects: whoever
 * wants all of the others leaves them out. Schemas in which extensions live are among them only `withHosts`: whoever has created an
 * extension for a database has put nothing else into it.
 */
export async function foreignObjects(
  session: PsqlSession,
  limit: number,
  { withLargeObjects = true, withHosts = false }: { withLargeObjects?: boolean; withHosts?: boolean } = {},
): Promise<string[]> {
  const platformRoles = `SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname IN (${list(PLATFORM_ROLES)})`;
  const rows = await session.query(
    `
    WITH schemas AS (
      SELECT n.oid, n.nspname, n.nspowner FROM pg_catalog.pg_namespace n
      WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname NOT IN (${list([JOURNAL_SCHEMA, ...PLATFORM_SCHEMAS])})
        AND (n.nspname = 'public' OR n.nspowner NOT IN (${platformRoles}))
    ), objects AS (${branches(withLargeObjects, withHosts).join(' UNION ALL ')})
    SELECT o.title FROM objects o
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = o.catalog AND d.objid = o.oid AND d.deptype = 'e')
      AND o.owner NOT IN (${platformRoles})
    ORDER BY o.title LIMIT ${limit}`,
    z.object({ title: z.string() }),
  );
  return rows.map((row) => row.title);
}
