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
  dataType: string | null;
  constraint: string | null;
  /** Quotes values of rows: never print it. */
  detail: string | null;
  hint: string | null;
  /** Quotes values of rows: of its lines only those that name code may be printed. */
  context: string | null;
  /** True when the message is about a place in the text of a statement inside of a function. */
  hasQuery: boolean;
  /** `exec_stmt_raise, pl_exec.c:3913`: where in the server's own source. Only with VERBOSITY=verbose. */
  location: string | null;
}

/** What a client puts before a server's words: a place in a script, or its own name and a phrase. */
const PREFIX = String.raw`(?:psql:.*?:\d+: |pg_(?:dump|restore): (?:error: |detail: )(?:query failed: |Error message from server: )?)?`;
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
    // Anybody may RAISE an error with the code of a notice; a word in another language leaves only the code.
    const isError = ERROR_WORDS.has(severity) || (sqlState !== null && !isNotice(severity, sqlState));
    if (!isError) continue;
    return readFields(severity, sqlState, head[3] ?? '', lines.slice(index + 1));
  }
  return null;
}

function isNotice(severity: string, sqlState: string): boolean {
  return SEVERITY_WORDS.has(severity) || NOTICE_CLASSES.has(sqlState.slice(0, 2));
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
    dataType: names.get('DATATYPE') ?? null,
    constraint: names.get('CONSTRAINT') ?? null,
    detail: of('DETAIL'),
    hint: of('HINT'),
    // Whatever the message holds, also lines that look like those of a client: what the server says of itself comes last.
    context: lastField(rest, 'CONTEXT'),
    hasQuery: fields.has('QUERY'),
    location: lastField(rest, 'LOCATION'),
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

/** The last field of this label, up to the names and LOCATION. */
function lastField(lines: readonly string[], label: string): string | null {
  const start = lines.findLastIndex((line) => line.startsWith(`${label}: `));
  if (start === -1) return null;
  const after = lines.slice(start + 1);
  const end = after.findIndex((line) => FIELD.test(line) || NAME_FIELD.test(line) || startsAnotherReport(line));
  const first = FIELD.exec(lines[start] ?? '')?.[2] ?? '';
  return [first, ...(end === -1 ? after : after.slice(0, end))].join('\n').trim();
}

function startsAnotherReport(line: string): boolean {
  if (FIELD.test(line) || NAME_FIELD.test(line)) return false;
  const head = HEAD.exec(line);
  if (head !== null) return head[2] !== undefined || SEVERITY_WORDS.has(head[1] ?? '');
  return /^(?:psql|pg_dump|pg_restore):|^server closed the connection/.test(line);
}
