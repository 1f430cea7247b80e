import { unquoteIdentifier } from './entry-sql.js';
import { isName, isWord, statementsOf, stringValue, wordsAt, type SqlToken } from './sql-tokens.js';
import type { TocEntry } from './types.js';

/** `ALTER DATABASE … SET name TO value, …`. */
export interface DatabaseSetting {
  /** A setting that holds for one role only, `ALTER ROLE … IN DATABASE`; else null. */
  role: string | null;
  name: string;
  /** Several of a list whose members are names, as search_path; one of everything else. */
  values: string[];
}

/** A GRANT or REVOKE ON DATABASE. */
export interface DatabaseGrant {
  verb: 'GRANT' | 'REVOKE';
  /** `REVOKE GRANT OPTION FOR`, or `GRANT … WITH GRANT OPTION`. */
  grantOption: boolean;
  /** `CONNECT`, `CREATE`, `TEMPORARY`, `ALL`. */
  privileges: string[];
  /** null: everybody. */
  role: string | null;
  /** Who grants, where it is not the owner. */
  grantor: string | null;
}

/** What an archive has of the database itself. */
export interface DatabaseProperties {
  settings: DatabaseSetting[];
  grants: DatabaseGrant[];
  /** null: none. */
  connectionLimit: number | null;
  isTemplate: boolean;
  /** Statements of another form than pg_dump's: their text may be anything. */
  unknown: number;
}

const PRIVILEGES: ReadonlySet<string> = new Set(['ALL', 'CREATE', 'CONNECT', 'TEMPORARY']);

/**
 * Settings and GRANTs of the database, which pg_dump writes with its name at the source and pg_restore applies with `--create`
 * only (dumpDatabase, dumpDatabaseConfig and dumpACL of pg_dump.c).
 */
export function databaseProperties(entries: readonly TocEntry[]): DatabaseProperties {
  const found: DatabaseProperties = { settings: [], grants: [], connectionLimit: null, isTemplate: false, unknown: 0 };
  for (const entry of entries) {
    const isAcl = entry.desc === 'ACL' && entry.namespace === '' && entry.tag.startsWith('DATABASE ');
    if (!isAcl && entry.desc !== 'DATABASE PROPERTIES') continue;
    const statements = statementsOf(entry.definition);
    if (statements === null) found.unknown++;
    let grantor: string | null = null;
    for (const tokens of statements ?? []) {
      if (isAcl && isAuthorization(tokens)) grantor = tokens.length === 4 ? nameOf(tokens[3]) : null;
      else if (!(isAcl ? takeGrant(tokens, grantor, found) : takeProperty(tokens, found))) found.unknown++;
    }
  }
  return found;
}

/** `SET SESSION AUTHORIZATION x`, `RESET SESSION AUTHORIZATION`. */
function isAuthorization(tokens: readonly SqlToken[]): boolean {
  if (wordsAt(tokens, 0, 'RESET SESSION AUTHORIZATION') === tokens.length) return true;
  return wordsAt(tokens, 0, 'SET SESSION AUTHORIZATION') === 3 && tokens.length === 4 && isName(tokens[3]);
}

function takeGrant(tokens: readonly SqlToken[], grantor: string | null, found: DatabaseProperties): boolean {
  const verb = isWord(tokens[0], 'GRANT') ? 'GRANT' : isWord(tokens[0], 'REVOKE') ? 'REVOKE' : null;
  if (verb === null) return false;
  let at = 1;
  const optionFor = verb === 'REVOKE' ? wordsAt(tokens, at, 'GRANT OPTION FOR') : 0;
  at += optionFor;
  const privileges: string[] = [];
  for (; !isWord(tokens[at], 'ON'); at++) {
    const token = tokens[at];
    if (token === undefined) return false;
    if (token.kind === 'sign' && token.text === ',') continue;
    if (!PRIVILEGES.has(token.text)) return false;
    privileges.push(token.text);
  }
  const [, database, name, to, grantee] = tokens.slice(at);
  if (!isWord(database, 'DATABASE') || !isName(name) || !isWord(to, verb === 'GRANT' ? 'TO' : 'FROM')) return false;
  const isPublic = isWord(grantee, 'PUBLIC');
  if (!isPublic && !isName(grantee)) return false;
  const rest = tokens.length - at - 5;
  const withOption = verb === 'GRANT' ? wordsAt(tokens, at + 5, 'WITH GRANT OPTION') : 0;
  if (privileges.length === 0 || rest !== withOption) return false;
  const role = isPublic ? null : nameOf(grantee);
  found.grants.push({ verb, grantOption: optionFor + withOption > 0, privileges, role, grantor });
  return true;
}

function takeProperty(tokens: readonly SqlToken[], found: DatabaseProperties): boolean {
  const isOfRole = wordsAt(tokens, 0, 'ALTER ROLE') > 0;
  const role = isOfRole ? tokens[2] : undefined;
  if (isOfRole && (!isName(role) || wordsAt(tokens, 3, 'IN DATABASE') === 0)) return false;
  if (!isOfRole && wordsAt(tokens, 0, 'ALTER DATABASE') === 0) return false;
  const [name, ...rest] = tokens.slice(isOfRole ? 5 : 2);
  if (!isName(name)) return false;
  if (!isOfRole && takeLimit(rest, found)) return true;
  const [set, setting, to, ...values] = rest;
  if (!isWord(set, 'SET') || !isName(setting) || !isWord(to, 'TO')) return false;
  const isList = values.every((token, at) => (at % 2 === 0 ? token.kind === 'string' : token.text === ','));
  if (!isList || values.length % 2 === 0) return false;
  found.settings.push({
    role: role === undefined ? null : nameOf(role),
    name: nameOf(setting) ?? '',
    values: values.filter(({ kind }) => kind === 'string').map(stringValue),
  });
  return true;
}

/** `CONNECTION LIMIT = 5`, `IS_TEMPLATE = true`. */
function takeLimit(tokens: readonly SqlToken[], found: DatabaseProperties): boolean {
  const text = tokens.map((token) => token.text).join(' ');
  if (text === 'IS_TEMPLATE = true') found.isTemplate = true;
  const limit = /^CONNECTION LIMIT = (\d{1,10})$/.exec(text)?.[1];
  if (limit !== undefined) found.connectionLimit = Number(limit);
  return limit !== undefined || text === 'IS_TEMPLATE = true';
}

function nameOf(token: SqlToken | undefined): string | null {
  return token === undefined ? null : unquoteIdentifier(token.text);
}
