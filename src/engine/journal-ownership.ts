import * as z from 'zod';
import { PhaseliftError } from '../foundation/errors.js';
import { input, phrase } from '../foundation/text.js';
import type { PsqlSession } from '../postgres/session.js';
import { literal } from '../postgres/sql.js';

/** Makes sure that a journal in the target is our own, before anything is read from it. */

/** Columns of a table of the journal, with their types in pg_catalog. */
interface JournalTable {
  unlogged: boolean;
  columns: Readonly<Record<string, string>>;
}

const FINISHED_COLUMNS = {
  unit: 'text',
  rows: 'int8',
  bytes: 'int8',
  seconds: 'float8',
  finished_at: 'timestamptz',
};

/** The tables of the journal. The key of each that has a unit is that unit. */
export const JOURNAL_TABLES = {
  restore: { unlogged: false, columns: { header: 'json', started_at: 'timestamptz' } },
  plan: { unlogged: false, columns: { unit: 'text', ordinal: 'int4', definition: 'json' } },
  finished: { unlogged: false, columns: FINISHED_COLUMNS },
  finished_unlogged: { unlogged: true, columns: FINISHED_COLUMNS },
} as const satisfies Readonly<Record<string, JournalTable>>;

/**
 * True when the database has a journal of ours; false when it has none. Whoever may create schemas in the database could
 * have prepared one: a view or a trigger in it would run with our rights, a plan without units would pass for a restore.
 * So the schema and all in it must belong to the role that we are, be just the tables that we make, and nothing (no
 * trigger, rule, policy, parent, child, view) may hang on them. From then on nobody but us, and superusers, can change that.
 * Throws TARGET_NOT_EMPTY with all that is strange.
 */
export async function hasOwnJournal(session: PsqlSession, schema: string, database: string): Promise<boolean> {
  const [there] = await session.query(
    'SELECT pg_catalog.pg_get_userbyid(n.nspowner) AS owner, current_user AS role ' +
      `FROM pg_catalog.pg_namespace n WHERE n.nspname = ${literal(schema)}`,
    z.object({ owner: z.string(), role: z.string() }),
  );
  if (there === undefined) return false;
  const strange = await session.query(strangeThings(schema), z.object({ what: z.string() }));
  if (strange.length === 0) return true;
  const notOurs = there.owner !== there.role;
  throw new PhaseliftError(
    'TARGET_NOT_EMPTY',
    `the target database ${database} has a schema ${schema} that this role did not make: ${strange.map(({ what }) => what).join(', ')}`,
    {
      object: `SCHEMA ${schema}`,
      hint: notOurs
        ? phrase`To go on with a restore that ${there.owner} began, log in as ${there.owner}; otherwise name another ${input('target-database')}, or drop and create this one.`
        : phrase`Name another ${input('target-database')}, or drop and create this one, then run again.`,
    },
  );
}

/** A SELECT of everything that the journal would not have if we had made it, at most ten things. */
function strangeThings(schema: string): string {
  const expected = Object.entries<JournalTable>(JOURNAL_TABLES).map(([name, { unlogged, columns }]) => {
    const list = Object.entries(columns).map(([column, type]) => `${column} ${type}`);
    return `(${literal(name)}, ${literal(unlogged ? 'u' : 'p')}, ${literal(list.join(', '))})`;
  });
  return `
    WITH journal AS (
      SELECT n.oid, n.nspowner AS owner, n.nspacl AS acl, r.oid AS me FROM pg_catalog.pg_namespace n, pg_catalog.pg_roles r
      WHERE n.nspname = ${literal(schema)} AND r.rolname = current_user
    ), expected AS (
      SELECT * FROM (VALUES ${expected.join(', ')}) AS e (name, persistence, columns)
    ), tables AS (
      SELECT c.oid, c.relname AS name, c.relowner AS owner FROM pg_catalog.pg_class c JOIN journal j ON j.oid = c.relnamespace
        JOIN expected e ON e.name = c.relname AND e.persistence = c.relpersistence::pg_catalog.text
      WHERE c.relkind = 'r' AND NOT c.relrowsecurity AND NOT c.relispartition AND c.reloftype = 0
        AND e.columns = (SELECT pg_catalog.string_agg(a.attname || ' ' || y.typname, ', ' ORDER BY a.attnum)
          FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
            AND y.typnamespace = 'pg_catalog'::pg_catalog.regnamespace WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
    )
    SELECT what FROM (
      SELECT 1 AS rank, 'it belongs to ' || pg_catalog.pg_get_userbyid(j.owner) AS what FROM journal j WHERE j.owner <> j.me
      UNION ALL
      SELECT 2, CASE WHEN a.grantee = 0 THEN 'everybody' ELSE pg_catalog.pg_get_userbyid(a.grantee)::pg_catalog.text END || ' may create in it'
      FROM journal j, pg_catalog.aclexplode(j.acl) a WHERE a.privilege_type = 'CREATE' AND a.grantee <> j.owner
      UNION ALL
      SELECT 3, 'its table ' || t.name || ' belongs to ' || pg_catalog.pg_get_userbyid(t.owner) FROM tables t, journal j WHERE t.owner <> j.me
      UNION ALL
      SELECT 4, 'its table ' || e.name || ' is missing, or something else' FROM expected e WHERE e.name NOT IN (SELECT t.name FROM tables t)
      UNION ALL
      SELECT 5, 'it holds ' || pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)
      FROM pg_catalog.pg_depend d JOIN journal j ON d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.refobjid = j.oid
      WHERE NOT (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid IN (SELECT t.oid FROM tables t))
      UNION ALL
      SELECT 6, 'its table ' || t.name || ' has ' || pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)
      FROM pg_catalog.pg_depend d JOIN tables t ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = t.oid
      WHERE NOT (d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.deptype = 'i')
        AND NOT (d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
          AND (SELECT k.contype::pg_catalog.text FROM pg_catalog.pg_constraint k WHERE k.oid = d.objid) IN ('p', 'n'))
        AND NOT (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
          AND (SELECT c.relkind::pg_catalog.text FROM pg_catalog.pg_class c WHERE c.oid = d.objid) IN ('t', 'i'))
      UNION ALL
      SELECT 7, 'its table ' || t.name || ' has a parent' FROM tables t JOIN pg_catalog.pg_inherits i ON i.inhrelid = t.oid
    ) AS strange (rank, what) ORDER BY rank, what LIMIT 10`;
}
