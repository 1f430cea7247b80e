import * as z from 'zod';
import type { PsqlSession } from '../postgres/session.js';
import { literal } from '../postgres/sql.js';

/** What the target database has, asked from its catalogs. */

export interface IndexState {
  schema: string;
  name: string;
  valid: boolean;
}

export interface ConstraintState {
  schema: string;
  relation: string;
  name: string;
  validated: boolean;
}

export interface SequenceState {
  sqlName: string;
  lastValue: string;
  isCalled: boolean;
}

const USER_SCHEMAS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";
const NAMES_BATCH = 500;
/** Planning a query of many tables takes more than linear time. */
const TABLES_BATCH = 50;

const sequenceState = z.object({ sqlName: z.string(), lastValue: z.string(), isCalled: z.boolean() });

export async function readIndexes(session: PsqlSession): Promise<IndexState[]> {
  return session.query(
    'SELECT n.nspname AS schema, c.relname AS name, i.indisvalid AND i.indisready AS valid FROM pg_catalog.pg_index i ' +
      `JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ${USER_SCHEMAS}`,
    z.object({ schema: z.string(), name: z.string(), valid: z.boolean() }),
  );
}

export async function readConstraints(session: PsqlSession): Promise<ConstraintState[]> {
  return session.query(
    'SELECT n.nspname AS schema, COALESCE(c.relname, t.typname) AS relation, k.conname AS name, k.convalidated AS validated ' +
      'FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace ' +
      'LEFT JOIN pg_catalog.pg_class c ON c.oid = k.conrelid LEFT JOIN pg_catalog.pg_type t ON t.oid = k.contypid ' +
      `WHERE ${USER_SCHEMAS}`,
    z.object({ schema: z.string(), relation: z.string(), name: z.string(), validated: z.boolean() }),
  );
}

/** `sqlNames` come from setval statements of the archive: they are quoted already. Those that are missing have no state. */
export async function readSequences(session: PsqlSession, sqlNames: readonly string[]): Promise<SequenceState[]> {
  const there = await relations(session, sqlNames, "c.relkind = 'S'");
  const selects = there.map(
    ({ name }) =>
      `SELECT ${literal(name)} AS "sqlName", last_value::pg_catalog.text AS "lastValue", is_called AS "isCalled" FROM ${name}`,
  );
  return union(session, selects, sequenceState);
}

/** Those of the names, as SQL, that are relations of a kind, and whether row-level security hides rows of theirs. */
async function relations(
  session: PsqlSession,
  sqlNames: readonly string[],
  isKind: string,
): Promise<{ name: string; hidden: boolean }[]> {
  return batches(sqlNames, NAMES_BATCH, async (names) =>
    session.query(
      // Not a join: its plan may look each name up once for every relation that there is.
      'SELECT r.name, pg_catalog.row_security_active(r.oid) AS hidden FROM ' +
        `(SELECT n.name, (SELECT c.oid FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass(n.name) AND ${isKind}) AS oid ` +
        `FROM (VALUES ${names.map((name) => `(${literal(name)})`).join(', ')}) AS n (name)) AS r WHERE r.oid IS NOT NULL`,
      z.object({ name: z.string(), hidden: z.boolean() }),
    ),
  );
}

/** The rows of all these SELECTs. */
async function union<Row>(session: PsqlSession, selects: readonly string[], row: z.ZodType<Row>): Promise<Row[]> {
  return batches(selects, TABLES_BATCH, async (some) => session.query(some.join(' UNION ALL '), row));
}

async function batches<Item, Row>(
  items: readonly Item[],
  size: number,
  ask: (some: Item[]) => Promise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let at = 0; at < items.length; at += size) rows.push(...(await ask(items.slice(at, at + size))));
  return rows;
}

function notOfExtension(catalog: string, oid: string): string {
  return `NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass AND d.objid = ${oid} AND d.deptype = 'e')`;
}

function onTable(catalog: string, kind: string, name: string, table: string, condition: string): string {
  return (
    `SELECT '${kind}', n.nspname || '.' || c.relname || ' ' || x.${name} FROM pg_catalog.${catalog} x ` +
    `JOIN pg_catalog.pg_class c ON c.oid = x.${table} JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ${condition}`
  );
}

/** Names by kind, as the TOC of an archive has them; what belongs to extensions is left out. Functions: signatures. */
export async function readObjects(session: PsqlSession): Promise<{ kind: string; name: string }[]> {
  return session.query(
    [
      // As text: by the first branch's type `name`, UNION would cut every name after 63 bytes.
      `SELECT 'SCHEMA' AS kind, n.nspname::pg_catalog.text AS name FROM pg_catalog.pg_namespace n WHERE ${USER_SCHEMAS}`,
      "SELECT 'EXTENSION', extname FROM pg_catalog.pg_extension",
      "SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, " +
        "n.nspname || '.' || c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace " +
        `WHERE ${USER_SCHEMAS} AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND ${notOfExtension('pg_class', 'c.oid')}`,
      "SELECT CASE p.prokind WHEN 'p' THEN 'PROCEDURE' WHEN 'a' THEN 'AGGREGATE' ELSE 'FUNCTION' END, n.nspname || '.' || p.proname || '#' || p.oid " +
        `FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE ${USER_SCHEMAS} AND ${notOfExtension('pg_proc', 'p.oid')}`,
      "SELECT CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, n.nspname || '.' || t.typname FROM pg_catalog.pg_type t " +
        'JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid ' +
        `WHERE ${USER_SCHEMAS} AND (c.oid IS NULL OR c.relkind = 'c') AND ${notOfExtension('pg_type', 't.oid')}`,
      onTable('pg_trigger', 'TRIGGER', 'tgname', 'tgrelid', 'NOT x.tgisinternal'),
      onTable('pg_rewrite', 'RULE', 'rulename', 'ev_class', 'true'),
      onTable('pg_policy', 'POLICY', 'polname', 'polrelid', 'true'),
      "SELECT 'PUBLICATION', pubname FROM pg_catalog.pg_publication",
      "SELECT 'STATISTICS', n.nspname || '.' || s.stxname FROM pg_catalog.pg_statistic_ext s JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace",
    ].join(' UNION ALL '),
    z.object({ kind: z.string(), name: z.string() }),
  );
}

/**
 * `index app.i`, `foreign key app.t k`: what hangs on tables of users. Left out is what follows from other things: the rules of
 * views, and what partitions have from their root.
 */
export async function readAttached(session: PsqlSession): Promise<string[]> {
  const users = `${USER_SCHEMAS} AND ${notOfExtension('pg_class', 'c.oid')}`;
  const rows = await session.query(
    [
      "SELECT 'index' AS kind, n.nspname || '.' || x.relname AS name FROM pg_catalog.pg_index i " +
        'JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_class c ON c.oid = i.indrelid ' +
        `JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ${users}`,
      onTable(
        'pg_constraint',
        'foreign key',
        'conname',
        'conrelid',
        `x.contype = 'f' AND x.conparentid = 0 AND ${users}`,
      ),
      onTable('pg_trigger', 'trigger', 'tgname', 'tgrelid', `NOT x.tgisinternal AND NOT c.relispartition AND ${users}`),
      onTable('pg_rewrite', 'rule', 'rulename', 'ev_class', `x.rulename <> '_RETURN' AND ${users}`),
      onTable('pg_policy', 'policy', 'polname', 'polrelid', users),
    ].join(' UNION ALL '),
    z.object({ kind: z.string(), name: z.string() }),
  );
  return rows.map(({ kind, name }) => `${kind} ${name}`);
}

/** Of all owners. The sum is in decimal digits. */
export async function readLargeObjects(session: PsqlSession): Promise<{ count: number; oidSum: string }> {
  const [row] = await session.query(
    'SELECT pg_catalog.count(*) AS count, COALESCE(pg_catalog.sum(o.oid::pg_catalog.int8), 0)::pg_catalog.text AS "oidSum" ' +
      'FROM pg_catalog.pg_largeobject_metadata o',
    z.object({ count: z.int(), oidSum: z.string() }),
  );
  return row ?? { count: 0, oidSum: '0' };
}

/** Of these tables, as SQL, those that have rows of their own, or whose rows are hidden. Partitioned tables have none. */
export async function tablesWithRows(session: PsqlSession, sqlNames: readonly string[]): Promise<string[]> {
  const tables = await relations(session, sqlNames, "c.relkind = 'r'");
  const selects = tables
    .filter(({ hidden }) => !hidden)
    .map(({ name }) => `SELECT ${literal(name)} AS name WHERE EXISTS (SELECT FROM ONLY ${name})`);
  const filled = await union(session, selects, z.object({ name: z.string() }));
  return [...tables.filter(({ hidden }) => hidden), ...filled].map(({ name }) => name);
}

export interface CountedRows {
  sqlName: string;
  /** null when they cannot be counted. */
  rows: number | null;
  /** Why not, to be read after "not countable"; null when they were counted. */
  reason: string | null;
}

/** Whether the rows of a table can be read, and from where; null for what is no table. */
export interface Readability {
  partitioned: boolean;
  /** Why not; null where they can. */
  reason: string | null;
}

/** Looks at a table, and at those below it: other servers are not asked. */
export async function readability(session: PsqlSession, sqlName: string): Promise<Readability | null> {
  const [facts] = await session.query(
    `WITH RECURSIVE below AS (SELECT pg_catalog.to_regclass(${literal(sqlName)})::pg_catalog.oid AS oid ` +
      'UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN below b ON b.oid = i.inhparent) ' +
      "SELECT pg_catalog.row_security_active(c.oid) AS hidden, c.relkind = 'p' AS partitioned, c.relkind <> 'r' AND EXISTS " +
      "(SELECT FROM below b JOIN pg_catalog.pg_class f ON f.oid = b.oid AND f.relkind = 'f') AS elsewhere FROM pg_catalog.pg_class c " +
      `WHERE c.oid = pg_catalog.to_regclass(${literal(sqlName)}) AND c.relkind IN ('r', 'p', 'f')`,
    z.object({ hidden: z.boolean(), partitioned: z.boolean(), elsewhere: z.boolean() }),
  );
  if (facts === undefined) return null;
  const { partitioned, hidden, elsewhere } = facts;
  const unread = elsewhere ? 'rows are on another server' : null;
  return { partitioned, reason: hidden ? 'row-level security hides rows' : unread };
}

/** Counts a table itself: partitioned tables with their partitions, others without their children. What is no table has no rows. */
export async function countRows(session: PsqlSession, sqlName: string): Promise<CountedRows> {
  const facts = await readability(session, sqlName);
  if (facts === null) return { sqlName, rows: 0, reason: null };
  if (facts.reason !== null) return { sqlName, rows: null, reason: facts.reason };
  const [count] = await session.query(
    `SELECT pg_catalog.count(*) AS rows FROM ${facts.partitioned ? '' : 'ONLY '}${sqlName}`,
    z.object({ rows: z.int() }),
  );
  return { sqlName, rows: count?.rows ?? null, reason: null };
}

/**
 * Whether a table has rows whose text depends on settings that pg_dump leaves as they are: moments (TimeZone) and bytes (bytea_output),
 * also inside of arrays, ranges, domains and composite types.
 */
export async function dependsOnSettings(session: PsqlSession, sqlName: string): Promise<boolean> {
  const [found] = await session.query(
    'WITH RECURSIVE part AS (SELECT a.atttypid AS type FROM pg_catalog.pg_attribute a ' +
      `WHERE a.attrelid = pg_catalog.to_regclass(${literal(sqlName)}) AND a.attnum > 0 AND NOT a.attisdropped ` +
      'UNION SELECT x.type FROM part p JOIN pg_catalog.pg_type t ON t.oid = p.type CROSS JOIN LATERAL (' +
      'SELECT t.typelem UNION ALL SELECT t.typbasetype ' +
      "UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE t.oid::pg_catalog.text IN (r.rngtypid::pg_catalog.text, pg_catalog.to_json(r) ->> 'rngmultitypid') " +
      'UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.typrelid AND t.typrelid <> 0 AND a.attnum > 0 AND NOT a.attisdropped) AS x (type)) ' +
      "SELECT EXISTS (SELECT FROM part p WHERE p.type IN ('pg_catalog.timestamptz'::pg_catalog.regtype, 'pg_catalog.bytea'::pg_catalog.regtype)) AS depends",
    z.object({ depends: z.boolean() }),
  );
  return found?.depends ?? false;
}
