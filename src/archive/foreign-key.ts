import { IDENTIFIER, unquoteIdentifier } from './entry-sql.js';
import type { TocEntry } from './types.js';

/** What an FK CONSTRAINT entry says. Names are without quotes. */
export interface ForeignKey {
  schema: string;
  table: string;
  /** With the keyword before it where it is a period, which is compared otherwise. */
  columns: string[];
  referenced: { schema: string; table: string; columns: string[] };
  hasPeriod: boolean;
  /** False for what was NOT VALID or NOT ENFORCED at the source: its rows are not looked at. */
  isChecked: boolean;
}

const COLUMN = String.raw`(?:PERIOD )?${IDENTIFIER}`;
const COLUMNS = String.raw`\((${COLUMN}(?:, ${COLUMN})*)\)`;
/** As pg_dump writes it (dumpConstraint in pg_dump.c, and pg_get_constraintdef). */
const FOREIGN_KEY = new RegExp(
  String.raw`^(\s*ALTER TABLE (?:ONLY )?(${IDENTIFIER})\.(${IDENTIFIER}))\s+ADD CONSTRAINT (${IDENTIFIER}) ` +
    String.raw`FOREIGN KEY ${COLUMNS} REFERENCES (${IDENTIFIER})\.(${IDENTIFIER})${COLUMNS}(.*);\s*$`,
  's',
);
const UNCHECKED = /\bNOT (?:VALID|ENFORCED)$/;

/** null for other kinds, and for a definition that is not of the known form. */
export function foreignKey({ desc, definition }: Pick<TocEntry, 'desc' | 'definition'>): ForeignKey | null {
  const match = desc === 'FK CONSTRAINT' ? FOREIGN_KEY.exec(definition) : null;
  if (match === null) return null;
  const [, , schema, table, , columns, otherSchema, otherTable, otherColumns, rest] = match.map(String);
  return {
    schema: unquoteIdentifier(schema ?? ''),
    table: unquoteIdentifier(table ?? ''),
    columns: columnsOf(columns),
    referenced: {
      schema: unquoteIdentifier(otherSchema ?? ''),
      table: unquoteIdentifier(otherTable ?? ''),
      columns: columnsOf(otherColumns),
    },
    hasPeriod: /(?:^|, )PERIOD /.test(columns ?? ''),
    isChecked: !UNCHECKED.test((rest ?? '').trimEnd()),
  };
}

/** The definition with NOT VALID at its end; null where it is not of the known form. In any encoding: all that is looked at is ASCII. */
export function asNotValid(definition: string): string | null {
  if (!FOREIGN_KEY.test(definition)) return null;
  const end = definition.trimEnd();
  return `${end.slice(0, -1)} NOT VALID;\n`;
}

/** The statement that validates what `asNotValid` adds; null as there. */
export function asValidation(definition: string): string | null {
  const [, alterTable, , , name] = FOREIGN_KEY.exec(definition) ?? [];
  return alterTable === undefined || name === undefined ? null : `${alterTable}\n    VALIDATE CONSTRAINT ${name};\n`;
}

function columnsOf(list: string | undefined): string[] {
  const names = (list ?? '').match(new RegExp(COLUMN, 'g')) ?? [];
  return names.map((name) => unquoteIdentifier(name.replace(/^PERIOD (?=.)/, '')));
}
