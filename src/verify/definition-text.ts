/**
 * The SQL of a TOC entry in a form in which two can be compared: as pg_dump writes it, expressions and bodies of functions
 * included. Pure.
 */

/** White space and comments, `"name"`, strings, the beginning of a dollar quote, `::`, word or number, sign. */
const TOKEN =
  /(\s+|--[^\n]*)|("(?:[^"]|"")*")|([Ee]'(?:[^'\\]|''|\\[^])*'|'(?:[^']|'')*')|(\$(?:[\p{L}_][\p{L}\d_]*)?\$)|(::)|([\p{L}\d_][\p{L}\d_$]*)|([^])/uy;
const PLAIN_NAME = /^"([a-z_][a-z0-9_]*)"$/;
/** Words that belong to a type, behind its first. */
const MORE_OF_TYPE = new Map([
  ['character', /^varying$/],
  ['bit', /^varying$/],
  ['double', /^precision$/],
  ['timestamp', /^(?:with|without|time|zone)$/],
  ['time', /^(?:with|without|time|zone)$/],
  ['interval', /^(?:year|month|day|hour|minute|second|to)$/i],
]);

/** Two definitions are the same, or the same but for how the server spells them, or others. */
export type Likeness = 'same' | 'spelled' | 'other';

/**
 * Compares two definitions of one kind. `spelled`: they differ in parentheses and casts alone. A server makes the text of an expression
 * from its tree, and the tree that it makes of this text may have them elsewhere: `x IN ('a', 'b')`, `a BETWEEN 1 AND 2 AND b`.
 */
export function likeness(desc: string, one: string, other: string): Likeness {
  if (one === other) return 'same';
  const [left, right] = [one, other].map((text) => tokensOf(inOrder(desc, text)));
  if (left === undefined || right === undefined) return 'other';
  if (left.join(' ') === right.join(' ')) return 'same';
  return bare(left).join(' ') === bare(right).join(' ') ? 'spelled' : 'other';
}

/** Where columns are inherited, the server puts a table's own columns behind them: which come first says nothing. */
function inOrder(desc: string, text: string): string {
  if (desc !== 'TABLE' || !/\nINHERITS \(/.test(text)) return text;
  return text
    .split('\n')
    .map((line) => line.replace(/,$/, ''))
    .sort()
    .join('\n');
}

/** Tokens without white space and comments; names that need no quotes are without them, and a dollar quote is one token. */
function tokensOf(sql: string): string[] {
  const tokens: string[] = [];
  for (let at = 0; at < sql.length;) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(sql);
    if (match === null) return [...tokens, sql.slice(at)];
    const [text, space, name, , dollar] = match;
    const end = dollar === undefined ? -1 : sql.indexOf(dollar, at + dollar.length);
    if (dollar !== undefined && end !== -1) {
      tokens.push(sql.slice(at, end + dollar.length));
      at = end + dollar.length;
      continue;
    }
    at += text.length;
    if (space === undefined) tokens.push(name === undefined ? text : text.replace(PLAIN_NAME, '$1'));
  }
  return tokens;
}

/** Without parentheses and casts. */
function bare(tokens: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < tokens.length;) {
    const token = tokens[at] ?? '';
    if (token === '::') {
      at = behindType(tokens, at + 1);
      continue;
    }
    if (token !== '(' && token !== ')') kept.push(token);
    at += 1;
  }
  return kept;
}

/** Where the type that begins at `at` ends: `app.t`, `character varying(10)[]`, `timestamp(3) without time zone`. */
function behindType(tokens: readonly string[], at: number): number {
  const first = tokens[at] ?? '';
  let end = at + 1;
  while (tokens[end] === '.') end += 2;
  const more = MORE_OF_TYPE.get(first.toLowerCase());
  for (;;) {
    if (tokens[end] === '(') end = behind(tokens, end, ')');
    else if (tokens[end] === '[') end = behind(tokens, end, ']');
    else if (more?.test(tokens[end] ?? '') === true) end += 1;
    else return end;
  }
}

function behind(tokens: readonly string[], at: number, closing: string): number {
  const end = tokens.indexOf(closing, at);
  return end === -1 ? tokens.length : end + 1;
}
