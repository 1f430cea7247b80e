import * as z from 'zod';
import { PhaseliftError, textOf } from '../foundation/errors.js';
import { input, phrase } from '../foundation/text.js';
import { JOURNAL_SCHEMA } from './contents.js';
import type { PsqlSession } from './session.js';
import type { Sessions } from './sessions.js';

const TABLES_PER_STATEMENT = 50;

/** Ancestors of foreign tables: ANALYZE of one of these samples the foreign tables too, by a connection to their server. */
const ABOVE_FOREIGN_TABLES =
  'WITH RECURSIVE above AS (SELECT i.inhparent AS oid FROM pg_catalog.pg_inherits i ' +
  "JOIN pg_catalog.pg_class f ON f.oid = i.inhrelid AND f.relkind = 'f' " +
  'UNION SELECT i.inhparent FROM pg_catalog.pg_inherits i JOIN above a ON a.oid = i.inhrelid) SELECT oid FROM above';

const TABLES =
  `SELECT c.oid::pg_catalog.int8 AS oid, c.oid::pg_catalog.regclass::pg_catalog.text AS name, c.oid IN (${ABOVE_FOREIGN_TABLES}) AS foreign_below ` +
  'FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace ' +
  "WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' " +
  `AND n.nspname NOT IN ('information_schema', '${JOURNAL_SCHEMA}') AND pg_catalog.pg_has_role(c.relowner, 'USAGE') ` +
  "ORDER BY c.relkind = 'p', pg_catalog.pg_relation_size(c.oid) DESC";

/** The name is for people: of a database in SQL_ASCII it may hold bytes that are no text. */
const table = z.object({ oid: z.int(), name: z.string(), foreign_below: z.boolean() });
type Table = Pick<z.infer<typeof table>, 'oid' | 'name'>;

export interface Analyzed {
  tables: number;
  /** Tables above foreign tables: a restore must not depend on other servers. */
  leftOut: string[];
}

/**
 * ANALYZE of every table and materialized view that the role may analyze; partitioned tables last.
 * Throws with the tables that were being analyzed, and what to do.
 */
export async function analyzeTables(sessions: Sessions, jobs: number, signal: AbortSignal): Promise<Analyzed> {
  const found = await sessions.use((session) => session.query(TABLES, table));
  const tables = found.filter(({ foreign_below }) => !foreign_below);
  await sessions.useForEach(shares(tables, jobs), jobs, signal, (share, session) => analyze(session, share));
  return { tables: tables.length, leftOut: found.filter(({ foreign_below }) => foreign_below).map(({ name }) => name) };
}

/** Tables for one statement each. Few at a time, so that large tables are spread over the workers. */
function shares(tables: readonly Table[], jobs: number): Table[][] {
  const made: Table[][] = [];
  for (let at = 0; at < tables.length; at += made.at(-1)?.length ?? 1) {
    const few = Math.min(TABLES_PER_STATEMENT, Math.floor((tables.length - at) / (4 * jobs)));
    made.push(tables.slice(at, at + Math.max(1, few)));
  }
  return made;
}

async function analyze(session: PsqlSession, tables: readonly Table[]): Promise<void> {
  const oids = tables.map(({ oid }) => `(${oid}::pg_catalog.oid)`).join(', ');
  try {
    // The server writes the statement: it knows the names to the byte.
    await session.run(
      `SELECT 'ANALYZE ' || pg_catalog.string_agg(oid::pg_catalog.regclass::pg_catalog.text, ', ') FROM (VALUES ${oids}) AS t (oid) \\gexec`,
    );
  } catch (error) {
    if (!(error instanceof PhaseliftError) || error.code !== 'SQL') throw error;
    const more = tables.length > 1 ? ` and ${tables.length - 1} more` : '';
    throw new PhaseliftError('SQL', phrase`ANALYZE of ${tables[0]?.name ?? ''}${more}: ${textOf(error)}`, {
      object: tables[0]?.name,
      sqlState: error.sqlState,
      hint: phrase`The rows are restored. ${error.hintText ?? 'Correct what is named and run the restore again: it goes on from here.'} ${input('analyze', false)} skips it.`,
      cause: error,
    });
  }
}
