/** Settings and GRANTs of a database as SQL for another one: what may be applied, and what people are told. */
import * as z from 'zod';
import type { DatabaseGrant, DatabaseProperties, DatabaseSetting } from '../archive/database-settings.js';
import { PhaseliftError } from '../foundation/errors.js';
import type { PsqlSession } from './session.js';
import type { Sessions } from './sessions.js';
import { identifier, identifierLine, literal, literalLine } from './sql.js';

/** A statement for people, in one line, and why it was not run; null: nobody has tried to. */
export interface ToldStatement {
  sql: string;
  reason: string | null;
}

/** What became of them. */
export interface AppliedProperties {
  settings: number;
  grants: number;
  /** The server has refused these. */
  refused: ToldStatement[];
  /** These were not tried. */
  leftOut: ToldStatement[];
}

/** What a role needs to have, or a server to say, for a setting to be anybody's. */
interface Judge {
  isSuperuser: boolean;
  /** `context` of pg_settings by the name in small letters. */
  contexts: ReadonlyMap<string, string>;
}

/**
 * Settings that reach further than the database: code for every session, or other roles than those that log in. Whoever
 * could write the archive is not to choose these for the administrators who connect to the target.
 */
const NEVER: ReadonlyMap<string, string> = new Map([
  ['session_preload_libraries', 'it loads code into every session'],
  ['local_preload_libraries', 'it loads code into every session'],
  ['role', 'it makes every session another role'],
  ['session_authorization', 'it makes every session another role'],
]);

/**
 * Why a setting is left out; null for one that may be tried. A role that is no superuser may set what the server lets it, as may the
 * owner of the database. A superuser may set all, and so only what every role may set: a setting that the server does not know
 * could belong to an extension that runs it as code (`plperl.on_plperl_init`).
 */
export function objectionTo({ role, name, values }: DatabaseSetting, { isSuperuser, contexts }: Judge): string | null {
  const known = name.toLowerCase();
  if (role !== null) return 'it is for one role, and not for the database';
  const never = NEVER.get(known);
  if (never !== undefined) return never;
  if (known === 'search_path' && values.indexOf('pg_catalog') > 0) return 'it puts other schemas before pg_catalog';
  if ([name, ...values].some((text) => text.includes('\ufffd'))) return 'it has characters that cannot be read';
  if (!isSuperuser) return null;
  const context = contexts.get(known);
  if (context === undefined) return 'the server does not know it, and so not who may set it';
  return context === 'user' ? null : 'only superusers set it, and not the owner of a database';
}

/** `app.jwt_secret`: nobody but an application knows what is in it. */
function isCustom({ name }: DatabaseSetting): boolean {
  return name.includes('.');
}

/** Values of custom settings may be secrets, and are not shown. */
function settingSql(database: string, setting: DatabaseSetting, isShown: boolean): string {
  const [nameOf, valueOf] = isShown ? [identifierLine, literalLine] : [identifier, literal];
  const { role, name, values } = setting;
  const subject = role === null ? 'ALTER DATABASE' : `ALTER ROLE ${nameOf(role)} IN DATABASE`;
  const value = isShown && isCustom(setting) ? `'…'` : values.map(valueOf).join(', ');
  return `${subject} ${nameOf(database)} SET ${nameOf(name)} TO ${value};`;
}

function grantSql(database: string, grant: DatabaseGrant, isShown: boolean): string {
  const nameOf = isShown ? identifierLine : identifier;
  const { verb, grantOption, privileges, role } = grant;
  const optionFor = grantOption && verb === 'REVOKE' ? 'GRANT OPTION FOR ' : '';
  const withOption = grantOption && verb === 'GRANT' ? ' WITH GRANT OPTION' : '';
  const to = verb === 'GRANT' ? 'TO' : 'FROM';
  const grantee = role === null ? 'PUBLIC' : nameOf(role);
  return `${verb} ${optionFor}${privileges.join(', ')} ON DATABASE ${nameOf(database)} ${to} ${grantee}${withOption};`;
}

/** All of them as SQL to paste. */
export function statementsToPaste(
  { settings, grants, connectionLimit, isTemplate, unknown }: DatabaseProperties,
  database: string,
): ToldStatement[] {
  const name = identifierLine(database);
  return [
    ...settings.map((setting) => ({
      sql: settingSql(database, setting, true),
      reason: isCustom(setting) ? 'the value is not shown, as it may be a secret: see it at the source' : null,
    })),
    ...grants.map((grant) => ({ sql: grantSql(database, grant, true), reason: grantorOf(grant) })),
    ...(connectionLimit === null
      ? []
      : [{ sql: `ALTER DATABASE ${name} CONNECTION LIMIT = ${connectionLimit};`, reason: null }]),
    ...(isTemplate ? [{ sql: `ALTER DATABASE ${name} IS_TEMPLATE = true;`, reason: null }] : []),
    ...(unknown === 0 ? [] : [{ sql: '', reason: `${unknown} more that are not written as pg_dump does` }]),
  ];
}

function grantorOf({ grantor }: DatabaseGrant): string | null {
  return grantor === null ? null : `given by ${identifierLine(grantor)}, and not by the owner`;
}

/**
 * Applies what the owner of the database could set for himself, each setting on its own, the GRANTs together. What the server refuses is told,
 * and no failure. It may be done again. Throws what ends a session otherwise.
 */
export async function applyProperties(
  sessions: Sessions,
  properties: DatabaseProperties,
  database: string,
): Promise<AppliedProperties> {
  const applied: AppliedProperties = { settings: 0, grants: 0, refused: [], leftOut: [] };
  const leaveOut = (sql: string, reason: string): void => void applied.leftOut.push({ sql, reason });
  const judge = await sessions.use((session) => readJudge(session, properties.settings));
  for (const setting of properties.settings) {
    const shown = settingSql(database, setting, true);
    const objection = objectionTo(setting, judge);
    if (objection !== null) leaveOut(shown, objection);
    else {
      const refusal = await refusalOf(() =>
        sessions.use((session) => session.run(settingSql(database, setting, false))),
      );
      if (refusal === null) applied.settings++;
      else applied.refused.push({ sql: shown, reason: refusal });
    }
  }
  const own = properties.grants.filter(({ grantor }) => grantor === null);
  const refusal =
    own.length === 0 ? null : await refusalOf(() => sessions.use((session) => grant(session, own, database)));
  if (refusal === null) applied.grants = own.length;
  else applied.refused.push(...own.map((one) => ({ sql: grantSql(database, one, true), reason: refusal })));
  const rest = { ...properties, settings: [], grants: properties.grants.filter(({ grantor }) => grantor !== null) };
  for (const { sql, reason } of statementsToPaste(rest, database))
    leaveOut(sql, reason ?? 'it could shut the restore out');
  return applied;
}

/** Together, as a REVOKE may come before the GRANT that gives back what it takes. */
async function grant(session: PsqlSession, grants: readonly DatabaseGrant[], database: string): Promise<void> {
  await session.run(['BEGIN;', ...grants.map((one) => grantSql(database, one, false))].join('\n'));
  const [row] = await session.query(
    "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CONNECT') AS connects",
    z.object({ connects: z.boolean() }),
  );
  if (row?.connects === true) await session.run('COMMIT;');
  else throw new PhaseliftError('SQL', 'the role that restores could not connect any more');
}

/** Why the server refuses it; null when it does not. */
async function refusalOf(work: () => Promise<unknown>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (!(error instanceof PhaseliftError) || error.code !== 'SQL') throw error;
    return error.reason;
  }
}

async function readJudge(session: PsqlSession, settings: readonly DatabaseSetting[]): Promise<Judge> {
  const names = ['search_path', ...settings.map(({ name }) => name.toLowerCase())].map(literal).join(', ');
  const rows = await session.query(
    'SELECT pg_catalog.lower(s.name) AS name, s.context, (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) AS "isSuperuser" ' +
      `FROM pg_catalog.pg_settings s WHERE pg_catalog.lower(s.name) IN (${names})`,
    z.object({ name: z.string(), context: z.string(), isSuperuser: z.boolean() }),
  );
  return {
    // search_path is always there.
    isSuperuser: rows[0]?.isSuperuser ?? true,
    contexts: new Map(rows.map(({ name, context }) => [name, context])),
  };
}
