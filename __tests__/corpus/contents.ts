import { expect } from '@jest/globals';
import type { DatabaseServer } from '../../testbed/database-server.js';
import { dumpText } from '../../testbed/dump-text.js';

/** A database of a server. */
export interface Place {
  server: DatabaseServer;
  name: string;
}

export interface ComparisonOptions {
  /** Arguments of pg_dump for both sides: what a way leaves out by choice. */
  args?: readonly string[];
  /** Whether owners and privileges of large objects count, and the settings of the database itself. Default true. */
  access?: boolean;
  /** Schemas that alone count, with what is in them; all, and what is in none, if not given. */
  schemas?: readonly string[];
  /** Lines that do not count, with the reason where it is given. */
  ignoring?: RegExp;
  /** How many lines there are at least, so that a comparison of nothing does not pass. Default 100. */
  fewest?: number;
}

/** Two databases hold the same: definitions to the letter, each row, sequence and large object, and the state of each index. */
export async function expectSameContents(source: Place, target: Place, options: ComparisonOptions = {}): Promise<void> {
  const [wanted, found] = [await linesOf(source, options), await linesOf(target, options)];
  expect(wanted.length).toBeGreaterThan(options.fewest ?? 100);
  expect(differences(wanted, found)).toEqual([]);
}

async function linesOf({ server, name }: Place, options: ComparisonOptions): Promise<string[]> {
  const { args = [], access = true, schemas, ignoring } = options;
  const chosen = (schemas ?? []).map((schema) => `--schema=${schema}`);
  // The one thing that is taken out of the text is what dumpText says: versions, and the random key of \restrict.
  const text = await dumpText(server, name, { args: ['--schema-only', ...chosen, ...args] });
  const condition = schemas === undefined ? 'true' : `nspname IN (${schemas.map((one) => `'${one}'`).join(', ')})`;
  const ofAll = schemas === undefined ? OF_THE_DATABASE + (access ? ACCESS : '') : '';
  const contents = (await server.psql(name, rowsSql(condition) + ofAll)).split('\n');
  const lines = [...(schemas === undefined ? text.split('\n') : definitionsOfSome(text)), ...contents];
  return ignoring === undefined ? lines : lines.filter((line) => !ignoring.test(line));
}

/**
 * The definitions in an order of their own: what else a database has, here casts and views, puts those of one kind in another order. So
 * statements between them that hold for the next ones do not count (a tablespace is in the first line of a definition as well); nor do
 * the privileges of languages, which pg_dump gives along with each schema.
 */
function definitionsOfSome(text: string): string[] {
  const between = /^(SET default_\w+ = .*;|-- PostgreSQL database dump complete|--)?\n/gm;
  const definitions = text.split('\n--\n-- Name: ').map((definition) => definition.replaceAll(between, ''));
  return definitions.filter((definition) => !definition.startsWith('LANGUAGE ')).sort();
}

/**
 * Rows as their text, in an order of their own. Of hash partitions the whole is read in place of the parts: which part a row is in
 * follows from oids where an enum is hashed. The alias is a name that no column has, else the column would be meant. Nothing is made:
 * event triggers would see it.
 */
function rowsSql(chosen: string): string {
  const relations = `WITH relations AS (
    SELECT c.oid, c.relkind, pg_catalog.format('%I.%I', nspname, relname) AS title, relispopulated,
      EXISTS (SELECT FROM pg_partition_ancestors(c.oid) a JOIN pg_partitioned_table p ON p.partrelid = a.relid WHERE partstrat = 'h' AND a.relid <> c.oid) AS in_hash,
      EXISTS (SELECT FROM pg_partitioned_table p WHERE p.partrelid = c.oid AND partstrat = 'h') AS by_hash
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND ${chosen})`;
  return `
  SET extra_float_digits = 3;
  ${relations} SELECT format('SELECT %L, count(*), md5(string_agg(md5("the whole row"::text), %L ORDER BY md5("the whole row"::text))) FROM %s %s "the whole row"',
      'rows of ' || title, '', CASE WHEN by_hash THEN '' ELSE 'ONLY' END, title)
    FROM relations WHERE (relkind = 'r' OR relkind = 'm' AND relispopulated OR by_hash) AND NOT in_hash ORDER BY title
  \\gexec
  ${relations} SELECT 'not populated: ' || title FROM relations WHERE relkind = 'm' AND NOT relispopulated ORDER BY title;
  ${relations} SELECT format('SELECT %L, last_value, is_called FROM %s', 'sequence ' || title, title) FROM relations WHERE relkind = 'S' ORDER BY title
  \\gexec
  ${relations} SELECT 'index', r.title, indisvalid, indisready, indisclustered, indisreplident, (SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = indexrelid)
    FROM pg_index JOIN relations r ON r.oid = indexrelid ORDER BY r.title;
  ${relations} SELECT 'constraint', r.title, conname, convalidated, conislocal, coninhcount FROM pg_constraint JOIN relations r ON r.oid = conrelid ORDER BY 2, 3;
  `;
}

const OF_THE_DATABASE = `
  SELECT 'large object', m.oid, md5(lo_get(m.oid)), description
    FROM pg_largeobject_metadata m LEFT JOIN pg_description d ON d.objoid = m.oid AND d.classoid = 'pg_largeobject'::regclass ORDER BY m.oid;
  SELECT 'extension', extname, extversion, extnamespace::regnamespace FROM pg_extension ORDER BY extname;
  SELECT 'schema', nspname FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY nspname;`;

/** Settings of a role in the database are not among them: keep-database-settings leaves them to the administrator of the roles. */
const ACCESS = `
  SELECT 'access to large object', oid, pg_get_userbyid(lomowner), lomacl FROM pg_largeobject_metadata ORDER BY oid;
  SELECT 'settings', setrole::regrole, setconfig FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = current_database() AND setrole = 0;
  SELECT 'access to the database', datacl FROM pg_database WHERE datname = current_database();`;

const SHOWN = 20;

/** The first lines that only one of two sides has; none where they are equal. */
function differences(wanted: readonly string[], found: readonly string[]): string[] {
  if (wanted.join('\n') === found.join('\n')) return [];
  const [inWanted, inFound] = [new Set(wanted), new Set(found)];
  const lost = wanted.filter((line) => !inFound.has(line)).map((line) => `- ${line}`);
  const added = found.filter((line) => !inWanted.has(line)).map((line) => `+ ${line}`);
  const at = wanted.findIndex((line, index) => line !== found[index]);
  const place = [`first difference: ${wanted.slice(at, at + 3).join('\n')}`, `→ ${found.slice(at, at + 3).join('\n')}`];
  return [...lost.slice(0, SHOWN), ...added.slice(0, SHOWN), ...place];
}
