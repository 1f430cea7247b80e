import { literal } from './sql.js';

/**
 * What a session is for.
 * - `look`: it only asks. Of users' relations it reads tables, sequences and nothing else: an owner could put a view in a
 *   table's place between our look at it and our read, and the view's functions would run with our rights (CVE-2024-7348;
 *   pg_dump does the same). Policies of row-level security are not run either: they are an error.
 * - `read`: the same for a dry run. The server itself refuses whatever would change something.
 * - `apply`: it runs the SQL of an archive, or what runs users' functions anyhow (ANALYZE of an index on an expression). Those
 *   read views, and a materialized view is filled as its owner sees it.
 */
export type SessionPurpose = 'look' | 'read' | 'apply';

/**
 * Settings that have to hold whatever `pg-options`, the role and the database say: these from the connection on, for pg_dump
 * as well. Every server from 12 on knows them (an unknown one is refused there), and a connection's options beat
 * `ALTER ROLE … SET` and `ALTER DATABASE … SET`.
 */
const FROM_THE_CONNECTION_ON: Readonly<Record<string, string>> = {
  // Names are looked up in pg_catalog only: what others have put into `public` is not found.
  search_path: '',
  // Nobody who limits the statements of an application knows how long ours take.
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
};

/**
 * The same for psql, where the server knows them.
 *
 * All others stay the user's, for one of three reasons: pg_dump and pg_restore make them in their own text (DateStyle,
 * xmloption, check_function_bodies, standard_conforming_strings …), they change nothing that we read (JSON has dates and
 * numbers in one form; our literals mean the same in each form of strings), or who sets them means it (role, work_mem,
 * synchronous_commit, session_replication_role, default_tablespace, quote_all_identifiers …).
 */
const WHERE_KNOWN: Readonly<Record<string, string>> = {
  // Long sessions through NAT stay alive, and the server notices soon when we are gone.
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '10',
  tcp_keepalives_count: '60',
  client_connection_check_interval: '10s',
  idle_session_timeout: '0',
  transaction_timeout: '0',
  // A database or role whose transactions only read by default can be restored into; a standby refuses `serializable`.
  default_transaction_read_only: 'off',
  default_transaction_isolation: 'read committed',
  // With `off`, COPY reads the NULL of an array as the word, silently.
  array_nulls: 'on',
};

const LOOK = { row_security: 'off', restrict_nonsystem_relation_kind: 'view, foreign-table' };
const FOR_PURPOSE: Readonly<Record<SessionPurpose, Readonly<Record<string, string>>>> = {
  look: LOOK,
  read: { ...LOOK, default_transaction_read_only: 'on' },
  apply: { row_security: 'on', restrict_nonsystem_relation_kind: '' },
};

/**
 * PGOPTIONS for a session: the user's, then ours, so that ours count. A backslash at the end of the user's would join our first
 * word to his last; on its own the server drops it, and so do we. Of all else that would take our first word for its own value
 * (`-c` without one) something is left over that the server refuses.
 *
 * pg_dump empties the search_path itself, and goes back to that of the connection for one thing: to find the tables that a
 * pattern without a schema means (`--exclude-table-data=log`), by a query that names everything else by its schema. With an
 * empty one it would find none, and leave nothing out.
 */
export function sessionOptions(pgOptions: string, tool: 'psql' | 'pg_dump'): string {
  const odd = (/\\*$/.exec(pgOptions)?.[0].length ?? 0) % 2 === 1;
  const users = odd ? pgOptions.slice(0, -1) : pgOptions;
  const ours = Object.entries(FROM_THE_CONNECTION_ON)
    .filter(([name]) => tool === 'psql' || name !== 'search_path')
    .map(([name, value]) => `-c ${name}=${value}`);
  return [users, ...ours].filter((text) => text !== '').join(' ');
}

/**
 * The first statements of a session. Nothing before the first of them looks a name up; it is said again, as a pooler may have
 * dropped the options of the connection.
 */
export function openingStatements(purpose: SessionPurpose): string {
  const settings = { ...FROM_THE_CONNECTION_ON, ...WHERE_KNOWN, ...FOR_PURPOSE[purpose] };
  const values = Object.entries(settings).map(([name, value]) => `(${literal(name)}, ${literal(value)})`);
  return [
    "SELECT pg_catalog.set_config('search_path', '', false);",
    `SELECT pg_catalog.count(pg_catalog.set_config(w.name, w.value, false)) FROM (VALUES ${values.join(', ')}) AS w (name, value) ` +
      'JOIN pg_catalog.pg_settings s ON s.name = w.name;',
    TELL_ALL_NAMES,
  ].join('\n');
}

/** Puts the path back where text that is not ours has run. A utility statement looks nothing up. */
export const RESET_PATH = "SET search_path = '';";

/**
 * A database in SQL_ASCII may have names in any encoding, even in several. To a client in UTF8 the server refuses to tell
 * those that are not UTF-8; to one in SQL_ASCII it tells all, byte by byte.
 */
const TELL_ALL_NAMES =
  "SELECT pg_catalog.set_config('client_encoding', 'SQL_ASCII', false) WHERE pg_catalog.current_setting('server_encoding') = 'SQL_ASCII';";
