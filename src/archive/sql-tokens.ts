/**
 * A piece of SQL as pg_dump writes it: a keyword or a plain name, a name in double quotes, a string, or a sign. Keywords are in
 * capitals, and names that stand without quotes are not (fmtId of string_utils.c).
 */
export interface SqlToken {
  kind: 'word' | 'name' | 'string' | 'sign';
  /** As it is written, quotes included. */
  text: string;
  /** Where it stands: [start, end), in characters. */
  start: number;
  end: number;
}

/** In this order: white space, `"name"`, `E'string'`, `'string'`, word or number, sign. */
const TOKEN =
  /([ \t\r\n]+)|("(?:[^"]|"")+")|([Ee]'(?:[^'\\]|''|\\[^])*'|'(?:[^']|'')*')|([A-Za-z0-9_$]+)(?![A-Za-z0-9_$'])|([^"'A-Za-z0-9_$])/y;

/**
 * The statements of a text, without their semicolons; null for a text that ends inside of quotes. Not for what may hold dollar quotes, comments
 * or expressions. All signs that count are ASCII, so a text with a character for each byte (latin1) gives the same.
 */
export function statementsOf(sql: string): SqlToken[][] | null {
  const statements: SqlToken[][] = [];
  let statement: SqlToken[] = [];
  for (let at = 0; at < sql.length;) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(sql);
    if (match === null) return null;
    const [text, space, name, string, word] = match;
    const start = at;
    at += text.length;
    if (space !== undefined) continue;
    if (text === ';') {
      if (statement.length > 0) statements.push(statement);
      statement = [];
      continue;
    }
    const kind = name !== undefined ? 'name' : string !== undefined ? 'string' : word !== undefined ? 'word' : 'sign';
    statement.push({ kind, text, start, end: at });
  }
  return statement.length === 0 ? statements : [...statements, statement];
}

/** True when a token can be the name of something. */
export function isName(token: SqlToken | undefined): token is SqlToken {
  return token?.kind === 'name' || (token?.kind === 'word' && /^[a-z_][a-z0-9_]*$/.test(token.text));
}

/** How many tokens these words are at `at`; 0 when they do not stand there. */
export function wordsAt(tokens: readonly SqlToken[], at: number, words: string): number {
  const wanted = words.split(' ');
  return wanted.every((word, index) => isWord(tokens[at + index], word)) ? wanted.length : 0;
}

/** True for a keyword. */
export function isWord(token: SqlToken | undefined, word: string): boolean {
  return token?.kind === 'word' && token.text === word;
}

/** What a string says. `E'it''s \\ me'` is `it's \ me`; pg_dump doubles backslashes and quotes, and escapes nothing else. */
export function stringValue({ text }: SqlToken): string {
  const escaped = /^[Ee]/.test(text);
  const inside = text.slice(escaped ? 2 : 1, -1).replaceAll("''", "'");
  return escaped ? inside.replace(/\\([^])/g, '$1') : inside;
}
