import type { TocEntry } from './types.js';

/** What the plan reads out of the SQL of TOC entries, which pg_dump writes in one fixed form. */

/**
 * An identifier as pg_dump writes it (fmtId quotes all but `[a-z_][a-z0-9_]*`), as a part of a regular expression. Strict, as
 * names out of a hostile archive become part of our own SQL in the verification.
 */
export const IDENTIFIER = String.raw`(?:"(?:[^"]|"")+"|[a-z_][a-z0-9_]*)`;
/** `schema.name`, each quoted where needed. */
export const QUALIFIED_NAME = String.raw`${IDENTIFIER}\.${IDENTIFIER}`;
const QUALIFIED = String.raw`${IDENTIFIER}(?:\.${IDENTIFIER})*`;
const INDEX = new RegExp(
  String.raw`^\s*CREATE (?:UNIQUE )?INDEX ${IDENTIFIER} ON (?:ONLY )?${QUALIFIED} USING (${IDENTIFIER})`,
);
const KEY = new RegExp(
  String.raw`ADD CONSTRAINT (${IDENTIFIER}) (PRIMARY KEY|UNIQUE|EXCLUDE)\b(?: USING (${IDENTIFIER}))?`,
);

/** True for CREATE UNIQUE INDEX. */
export function isUniqueIndex({ definition }: TocEntry): boolean {
  return /^\s*CREATE UNIQUE INDEX /.test(definition);
}

/** Access method of an INDEX entry, null when the definition is not of the known form. */
export function indexAccessMethod(entry: TocEntry): string | null {
  const method = INDEX.exec(entry.definition)?.[1];
  return method === undefined ? null : unquoteIdentifier(method);
}

/** A constraint that an index stands behind. */
export interface KeyConstraint {
  /** Of the constraint and of its index. */
  name: string;
  type: 'PRIMARY KEY' | 'UNIQUE' | 'EXCLUDE';
  accessMethod: string;
}

/** What kind of index stands behind a CONSTRAINT entry; null for NOT NULL, CHECK and the like. */
export function keyConstraint(entry: TocEntry): KeyConstraint | null {
  if (entry.desc !== 'CONSTRAINT') return null;
  const match = KEY.exec(entry.definition);
  if (match === null) return null;
  const type = match[2] as KeyConstraint['type'];
  return { name: unquoteIdentifier(match[1] ?? ''), type, accessMethod: unquoteIdentifier(match[3] ?? 'btree') };
}

/** What SQL names by a qualified name; pg_dump writes all but what is in pg_catalog so. */
export interface NamesInSql {
  /** `schema.name(`. */
  functions: ReadonlySet<string>;
  /** `OPERATOR(schema.name)`. */
  operators: ReadonlySet<string>;
  /** `schema.name` of anything else as well: types, operator classes. */
  all: ReadonlySet<string>;
  /** True when it has a `::`. */
  casts: boolean;
}

/** Of a key or exclusion. The name of the table itself is not among them. */
export function namesInKey(entry: TocEntry): NamesInSql {
  return namesIn(entry.definition.slice(KEY.exec(entry.definition)?.index ?? 0));
}

/** Names as `schema.name`, without quotes. */
export function namesIn(text: string): NamesInSql {
  const named = (pattern: string): Set<string> =>
    new Set(
      [...text.matchAll(new RegExp(pattern, 'g'))].map(
        ([, schema = '', name = '']) => `${unquoteIdentifier(schema)}.${unquoteIdentifier(name)}`,
      ),
    );
  return {
    functions: named(String.raw`(${IDENTIFIER})\.(${IDENTIFIER})\(`),
    operators: named(String.raw`\bOPERATOR\((${IDENTIFIER})\.([^\s()]+)\)`),
    all: named(String.raw`(${IDENTIFIER})\.(${IDENTIFIER})`),
    casts: text.includes('::'),
  };
}

/** `schema.name` of the table that rows are copied to, without quotes; null when they come as INSERT statements. */
export function copiedTable(entry: TocEntry): string | null {
  const name = new RegExp(String.raw`^COPY (${IDENTIFIER})\.(${IDENTIFIER}) `).exec(entry.copyStatement);
  return name === null ? null : `${unquoteIdentifier(name[1] ?? '')}.${unquoteIdentifier(name[2] ?? '')}`;
}

const COPY_STATEMENT = new RegExp(
  String.raw`^COPY ${QUALIFIED_NAME} (?:\(${IDENTIFIER}(?:, ${IDENTIFIER})*\))? ?FROM stdin;\n$`,
);

/** True for one COPY statement of the form that pg_dump writes, and nothing else: it can be sent to psql as it is. */
export function isPlainCopy({ copyStatement }: TocEntry): boolean {
  return COPY_STATEMENT.test(copyStatement);
}

/** What a TABLE entry says of a column behind its name, `integer NOT NULL`; null for one that it does not have, as it inherits it. */
export function columnType(table: TocEntry, column: string): string | null {
  const lines = table.definition.matchAll(new RegExp(String.raw`^ {4}(${IDENTIFIER}) (.+)$`, 'gm'));
  for (const [, name = '', type] of lines) if (unquoteIdentifier(name) === column) return type ?? null;
  return null;
}

/** True for CREATE UNLOGGED TABLE and SEQUENCE: a crash of the server empties them. */
export function isUnlogged(entry: TocEntry): boolean {
  return /^\s*CREATE UNLOGGED /m.test(entry.definition);
}

/** Unquotes `"Odd ""name"""`; what is not quoted comes back as it is. */
export function unquoteIdentifier(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
}
