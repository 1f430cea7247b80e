import { conditionName, quotesValues } from './sqlstate.js';

/** An error of a PostgreSQL server, as a client printed it. What a server did not say is null. */
export interface ServerError {
  /** ERROR, FATAL or PANIC, or the server's own language's word for it. */
  severity: string;
  /** Five characters; null when the client did not run with VERBOSITY=verbose. */
  sqlState: string | null;
  message: string;
  schema: string | null;
  table: string | null;
  column: string | null;
  constraint: string | null;
  /** Quotes values of rows: never print it. */
  detail: string | null;
  hint: string | null;
  /** Quotes values of rows: never print it. */
  context: string | null;
}

/** What a client puts before a server's words: a place in a script, or its own name and a phrase. */
const PREFIX = String.raw`(?:psql:.*?:\d+: |pg_(?:dump|restore): (?:error: query failed: |detail: Error message from server: ))?`;
/** `ERROR:  23505: duplicate key …`; the severity may be in the server's own language, the code then tells. */
const HEAD = new RegExp(String.raw`^${PREFIX}(\p{Lu}+): {1,2}(?:([0-9A-Z]{5}): )?(.*)$`, 'su');
/** The labels are the client's, and English as the tools run with LC_ALL=C. */
const FIELD = /^(DETAIL|HINT|QUERY|CONTEXT|STATEMENT|LINE \d+|LOCATION): {0,2}(.*)$/s;
/** The lines between the texts and LOCATION. */
const NAME_FIELD = /^(SCHEMA|TABLE|COLUMN|DATATYPE|CONSTRAINT) NAME: {1,2}(.*)$/s;
const ERROR_WORDS = new Set(['ERROR', 'FATAL', 'PANIC']);
const SEVERITY_WORDS = new Set([...ERROR_WORDS, 'WARNING', 'NOTICE', 'INFO', 'LOG', 'DEBUG']);
/** Classes of success, warning and no data: a notice's code, not an error's. */
const NOTICE_CLASSES = new Set(['00', '01', '02']);

/**
 * Finds the first error of a server in what psql (best with VERBOSITY=verbose), pg_dump or pg_restore wrote to stderr.
 * The first, because psql stops there, and because a later one could be text that a value brought along.
 */
export function parseServerError(stderr: string): ServerError | null {
  // At nothing else: a name may end in a carriage return.
  const lines = stderr.split('\n');
  for (const [index, line] of lines.entries()) {
    const head = HEAD.exec(line);
    if (head === null) continue;
    const severity = head[1] ?? '';
    const sqlState = head[2] ?? null;
    const isError = sqlState === null ? ERROR_WORDS.has(severity) : !NOTICE_CLASSES.has(sqlState.slice(0, 2));
    if (!isError) continue;
    return readFields(severity, sqlState, head[3] ?? '', lines.slice(index + 1));
  }
  return null;
}

function readFields(severity: string, sqlState: string | null, message: string, rest: readonly string[]): ServerError {
  const end = rest.findIndex(startsAnotherReport);
  const lines = [...(end === -1 ? rest : rest.slice(0, end))];
  const names = takeNames(lines);
  const fields = new Map<string, string>([['MESSAGE', message]]);
  let label = 'MESSAGE';
  for (const line of lines) {
    const field = FIELD.exec(line);
    if (field !== null) label = field[1] ?? '';
    fields.set(
      label,
      [fields.get(label), field === null ? line : field[2]].filter((text) => text !== undefined).join('\n'),
    );
  }
  const of = (name: string): string | null => fields.get(name)?.trim() ?? null;
  return {
    severity,
    sqlState,
    message: of('MESSAGE') ?? '',
    schema: names.get('SCHEMA') ?? null,
    table: names.get('TABLE') ?? null,
    column: names.get('COLUMN') ?? null,
    constraint: names.get('CONSTRAINT') ?? null,
    detail: of('DETAIL'),
    hint: of('HINT'),
    context: of('CONTEXT'),
  };
}

/**
 * Takes the block of names that stands right before LOCATION off the lines. Only that place counts: a value with line
 * breaks, quoted in the message, may hold lines that look like names.
 */
function takeNames(lines: string[]): Map<string, string> {
  const names = new Map<string, string>();
  const location = lines.findLastIndex((line) => line.startsWith('LOCATION:'));
  let start = location;
  for (; start > 0; start--) {
    const match = NAME_FIELD.exec(lines[start - 1] ?? '');
    if (match === null) break;
    names.set(match[1] ?? '', match[2] ?? '');
  }
  if (start >= 0) lines.splice(start, location - start);
  return names;
}

function startsAnotherReport(line: string): boolean {
  if (FIELD.test(line) || NAME_FIELD.test(line)) return false;
  const head = HEAD.exec(line);
  if (head !== null) return head[2] !== undefined || SEVERITY_WORDS.has(head[1] ?? '');
  return /^(?:psql|pg_dump|pg_restore):|^server closed the connection/.test(line);
}

/**
 * One line that is safe to print. The texts of the classes 22 and 23 quote values of rows, so of these only the code, the
 * object and the constraint are shown; of others the message, without detail and context, which may quote rows as well.
 */
export function safeServerMessage(error: ServerError): string {
  if (error.sqlState === null) return oneLine(withoutValues(error.message));
  if (!quotesValues(error.sqlState)) return `${oneLine(error.message)} (SQLSTATE ${error.sqlState})`;
  const where = [
    objectOf(error),
    error.column === null ? null : `column ${error.column}`,
    error.constraint === null ? null : `constraint ${error.constraint}`,
    copyPosition(error.context),
  ].filter((part) => part !== null);
  const text = `${error.sqlState} ${conditionName(error.sqlState)}`;
  return oneLine(where.length === 0 ? text : `${text}: ${where.join(', ')}`);
}

/** `schema.table`, as far as the server named it. */
export function objectOf(error: ServerError): string | null {
  if (error.table === null) return error.schema;
  return error.schema === null ? error.table : `${error.schema}.${error.table}`;
}

/** `COPY t, line 3, column a` of a context that goes on with the value. */
function copyPosition(context: string | null): string | null {
  const match = /(?:^|\n)(COPY [^\n]*?, line \d+(?:, column [^\n:"]+)?)/.exec(context ?? '');
  return match?.[1]?.trim() ?? null;
}

/**
 * Without a code we cannot know the class, but the wordings of class 22 and 23 that quote values: the quoted part goes.
 * Names (`database "x" does not exist`) stay.
 */
function withoutValues(message: string): string {
  return message
    .replace(/^(invalid input (?:syntax|value) for [^:]*): .*$/s, '$1')
    .replace(/^(invalid byte sequence for encoding "[^"]*"): .*$/s, '$1')
    .replace(/\bvalue ".*" (?=is out of range|for type)/s, 'value ')
    .replace(/(\bKey \()[^)]*\)=\(.*$/s, '$1…)');
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
