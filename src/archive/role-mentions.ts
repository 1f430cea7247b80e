import { IDENTIFIER, unquoteIdentifier } from './entry-sql.js';
import { isName, isWord, statementsOf, wordsAt, type SqlToken } from './sql-tokens.js';
import type { TocEntry } from './types.js';

/** As what a statement names a role. */
export type RoleUse = 'grantee' | 'grantor' | 'maker' | 'policy' | 'mapping' | 'setting';

/** The name of a role in a statement. */
export interface RoleMention {
  /** Without quotes. */
  role: string;
  use: RoleUse;
  /** Where it stands in the definition: [start, end), quotes included. */
  start: number;
  end: number;
}

/** What a definition says of roles. */
export interface RoleMentions {
  mentions: RoleMention[];
  /** False for a definition that has a statement of another form than pg_dump gives it: it may name more. */
  isKnown: boolean;
}

const NONE: RoleMentions = { mentions: [], isKnown: true };

/** Parsers by kind of entry: in pg_dump.c `dumpACL`, `dumpDefaultACL`, `dumpPolicy`, `dumpUserMappings`, `dumpDatabaseConfig`. */
const PARSERS: Readonly<Record<string, (definition: string) => RoleMentions>> = {
  ACL: (definition) => inStatements(definition, privilegeMentions),
  'DEFAULT ACL': (definition) => inStatements(definition, privilegeMentions),
  'DATABASE PROPERTIES': (definition) => inStatements(definition, settingMentions),
  POLICY: policyMentions,
  'USER MAPPING': mappingMentions,
};

/**
 * The roles that the statements of an entry name, the owner aside: what privileges, default privileges, policies, user mappings and
 * settings of the database have of them. Texts of functions and conditions are not looked into. In any encoding: a definition
 * with a character for each byte (latin1) gives the names so.
 */
export function roleMentions({ desc, definition }: Pick<TocEntry, 'desc' | 'definition'>): RoleMentions {
  return PARSERS[desc]?.(definition) ?? NONE;
}

type ParseStatement = (tokens: readonly SqlToken[]) => RoleMention[] | null;

function inStatements(definition: string, parse: ParseStatement): RoleMentions {
  const statements = statementsOf(definition);
  if (statements === null) return { mentions: [], isKnown: false };
  const parsed = statements.map((tokens) => parse(tokens));
  return { mentions: parsed.flatMap((mentions) => mentions ?? []), isKnown: !parsed.includes(null) };
}

/** `GRANT … TO x`, `REVOKE … FROM x`, the same behind `ALTER DEFAULT PRIVILEGES …`, and in whose name they are given. */
function privilegeMentions(tokens: readonly SqlToken[]): RoleMention[] | null {
  if (wordsAt(tokens, 0, 'RESET SESSION AUTHORIZATION') === tokens.length) return [];
  const authorization = wordsAt(tokens, 0, 'SET SESSION AUTHORIZATION');
  if (authorization > 0) {
    const [name, ...rest] = tokens.slice(authorization);
    return isName(name) && rest.length === 0 ? [mention(name, 'grantor')] : null;
  }
  const prefix = wordsAt(tokens, 0, 'ALTER DEFAULT PRIVILEGES FOR ROLE');
  if (prefix === 0) return granteeMentions(tokens);
  const maker = tokens[prefix];
  if (!isName(maker)) return null;
  let at = prefix + 1;
  const schema = wordsAt(tokens, at, 'IN SCHEMA');
  if (schema > 0) at += schema + 1;
  const grantees = granteeMentions(tokens.slice(at));
  return grantees === null ? null : [mention(maker, 'maker'), ...grantees];
}

function granteeMentions(tokens: readonly SqlToken[]): RoleMention[] | null {
  const isGrant = isWord(tokens[0], 'GRANT');
  if (!isGrant && !isWord(tokens[0], 'REVOKE')) return null;
  const on = outside(tokens, 1, 'ON');
  const to = on === -1 ? -1 : outside(tokens, on + 1, isGrant ? 'TO' : 'FROM');
  if (to === -1) return null;
  const at = to + 1 + wordsAt(tokens, to + 1, 'GROUP');
  const grantee = tokens[at];
  const rest = tokens.length - at - 1;
  if (rest > 0 && (!isGrant || wordsAt(tokens, at + 1, 'WITH GRANT OPTION') !== rest)) return null;
  if (isWord(grantee, 'PUBLIC')) return [];
  return isName(grantee) ? [mention(grantee, 'grantee')] : null;
}

/** Where a keyword stands outside of parentheses; -1 when it does not. */
function outside(tokens: readonly SqlToken[], from: number, word: string): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.kind === 'sign' && token.text === '(') depth++;
    if (token?.kind === 'sign' && token.text === ')') depth--;
    if (depth === 0 && isWord(token, word)) return at;
  }
  return -1;
}

/** Of the settings of a database only those that hold for one role name one. */
function settingMentions(tokens: readonly SqlToken[]): RoleMention[] | null {
  if (wordsAt(tokens, 0, 'ALTER DATABASE') > 0) return [];
  const at = wordsAt(tokens, 0, 'ALTER ROLE');
  const role = tokens[at];
  return at > 0 && isName(role) && wordsAt(tokens, at + 1, 'IN DATABASE') > 0 ? [mention(role, 'setting')] : null;
}

const QUALIFIED = String.raw`${IDENTIFIER}(?:\.${IDENTIFIER})*`;
const POLICY = new RegExp(
  String.raw`^\s*CREATE POLICY ${IDENTIFIER} ON ${QUALIFIED}(?: AS \w+)?(?: FOR \w+)?(?: TO (${IDENTIFIER}(?:, ${IDENTIFIER})*))?(?= USING \(| WITH CHECK \(|;)`,
  'd',
);
/** The keywords that stand for roles; a name in quotes is none of them. */
const KEYWORDS: ReadonlySet<string> = new Set(['public', 'current_user', 'current_role', 'session_user']);

function policyMentions(definition: string): RoleMentions {
  const place = POLICY.exec(definition)?.indices;
  if (place === undefined) return { mentions: [], isKnown: false };
  const [start, end] = place[1] ?? [0, 0];
  const mentions = [...definition.slice(start, end).matchAll(new RegExp(IDENTIFIER, 'g'))]
    .filter(([text]) => !KEYWORDS.has(text))
    .map(({ 0: text, index }) => mention({ text, start: start + index, end: start + index + text.length }, 'policy'));
  return { mentions, isKnown: true };
}

const MAPPING = new RegExp(String.raw`^\s*CREATE USER MAPPING FOR (${IDENTIFIER}) SERVER `, 'd');

function mappingMentions(definition: string): RoleMentions {
  const match = MAPPING.exec(definition);
  const [start, end] = match?.indices?.[1] ?? [0, 0];
  const text = match?.[1];
  if (text === undefined) return { mentions: [], isKnown: false };
  // pg_dump writes a mapping for everybody as one for `public`, with --quote-all-identifiers in quotes. No role can be called so,
  // and PostgreSQL takes either for everybody (RoleSpec in gram.y).
  return unquoteIdentifier(text) === 'public'
    ? NONE
    : { mentions: [mention({ text, start, end }, 'mapping')], isKnown: true };
}

function mention({ text, start, end }: Pick<SqlToken, 'text' | 'start' | 'end'>, use: RoleUse): RoleMention {
  return { role: unquoteIdentifier(text), use, start, end };
}
