import * as z from 'zod';
import { JOURNAL_SCHEMA } from './contents.js';
import type { PsqlSession } from './session.js';

/** A table or sequence that pg_dump would stop at, and why: one of the three is true at least. */
export interface UnreadableRelation {
  kind: 'TABLE' | 'SEQUENCE';
  schema: string;
  name: string;
  /** USAGE of its schema is missing. */
  lacksUsage: boolean;
  /** SELECT on it is missing. */
  lacksSelect: boolean;
  /** Row-level security hides rows of it from the role. */
  hidesRows: boolean;
}

/** What of the connected database a role may not read. */
export interface Unreadable {
  /** Whose rights these are. */
  role: string;
  /** Of the server. */
  major: number;
  /** By schema and name. */
  relations: UnreadableRelation[];
  largeObjects: {
    /** How many. */
    count: number;
    /** The oids of a few of them. */
    some: string[];
  };
}

/** What is to be read. */
export interface ReadingScope {
  /** Who is to read, by SET ROLE; null for who has logged in. */
  role: string | null;
  /** Only the visible rows are wanted: that some are hidden is no obstacle. */
  onlyVisibleRows: boolean;
  largeObjects: boolean;
}

const relation: z.ZodType<UnreadableRelation> = z.object({
  kind: z.enum(['TABLE', 'SEQUENCE']),
  schema: z.string(),
  name: z.string(),
  lacksUsage: z.boolean(),
  lacksSelect: z.boolean(),
  hidesRows: z.boolean(),
});

const SOME = 5;

/** pg_dump reads no members of extensions, but for the tables that an extension calls its configuration. */
const NOT_DUMPED =
  "SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e' " +
  'AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE c.oid = ANY (e.extconfig))';

/**
 * Tables (partitioned ones are locked as well), sequences and large objects that the role may not read whole. Something that is
 * dropped meanwhile is none of them.
 */
export async function findUnreadable(
  session: PsqlSession,
  { onlyVisibleRows, largeObjects }: Omit<ReadingScope, 'role'>,
): Promise<Unreadable> {
  const [who] = await session.query(
    "SELECT current_user AS role, pg_catalog.current_setting('server_version_num')::pg_catalog.int4 / 10000 AS major",
    z.object({ role: z.string(), major: z.int() }),
  );
  const { role, major } = who ?? { role: '', major: 0 };
  const hidesRows = onlyVisibleRows ? 'false' : "c.relkind = 'r' AND pg_catalog.row_security_active(c.oid)";
  const relations = await session.query(
    `SELECT * FROM (
      SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, n.nspname AS schema, c.relname AS name,
        pg_catalog.has_schema_privilege(n.oid, 'USAGE') IS FALSE AS "lacksUsage",
        CASE c.relkind WHEN 'S' THEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT') ELSE pg_catalog.has_table_privilege(c.oid, 'SELECT') END IS FALSE AS "lacksSelect",
        ${hidesRows} AS "hidesRows"
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'S') AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', '${JOURNAL_SCHEMA}') AND NOT EXISTS (${NOT_DUMPED})
    ) AS r WHERE "lacksUsage" OR "lacksSelect" OR "hidesRows" ORDER BY schema, name`,
    relation,
  );
  return { role, major, relations, largeObjects: await unreadableObjects(session, largeObjects, major) };
}

/**
 * Of large objects the owner and those with a GRANT may read; before 18 there is no function that tells so, and whoever is no
 * superuser is as the list of their privileges says.
 */
const BY_THE_LIST = `pg_catalog.current_setting('lo_compat_privileges') = 'on'
  OR (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) OR pg_catalog.pg_has_role(o.lomowner, 'USAGE')
  OR EXISTS (SELECT FROM pg_catalog.aclexplode(o.lomacl) AS a WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0 OR pg_catalog.pg_has_role(a.grantee, 'USAGE')))`;
const BY_THE_SERVER = "pg_catalog.has_largeobject_privilege(o.oid, 'SELECT')";

async function unreadableObjects(
  session: PsqlSession,
  wanted: boolean,
  major: number,
): Promise<Unreadable['largeObjects']> {
  if (!wanted) return { count: 0, some: [] };
  const rows = await session.query(
    `SELECT o.oid::pg_catalog.text AS oid, pg_catalog.count(*) OVER ()::pg_catalog.int4 AS count FROM pg_catalog.pg_largeobject_metadata o
      WHERE (${major >= 18 ? BY_THE_SERVER : BY_THE_LIST}) IS FALSE ORDER BY o.oid LIMIT ${SOME}`,
    z.object({ oid: z.string(), count: z.int() }),
  );
  return { count: rows[0]?.count ?? 0, some: rows.map(({ oid }) => oid) };
}
