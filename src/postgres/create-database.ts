import { IDENTIFIER } from '../archive/entry-sql.js';
import type { TocEntry } from '../archive/types.js';
import { identifier } from './sql.js';

/** Options of CREATE DATABASE that make a database like another one, with the first major version that knows them. */
const OPTIONS: Readonly<Record<string, number>> = {
  ENCODING: 0,
  LC_COLLATE: 0,
  LC_CTYPE: 0,
  LOCALE: 13,
  LOCALE_PROVIDER: 15,
  ICU_LOCALE: 15,
  ICU_RULES: 16,
  BUILTIN_LOCALE: 17,
};

const OPTION = String.raw`([A-Z_]+) = ('(?:[^'\\]|'')*'|${IDENTIFIER})`;
const DEFINITION = new RegExp(String.raw`^\s*CREATE DATABASE ${IDENTIFIER} WITH ((?: ?${OPTION})+);`);

/**
 * CREATE DATABASE for the target, with the encoding and locale of the source, as far as the server knows these options.
 * They come from the DATABASE entry of the archive. What is taken over is known to be an option and its value: the archive
 * may be hostile, and this text does not pass through pg_restore, which would fence it off. `connectionLimit` is the
 * database's from its first moment on.
 */
export function createDatabaseSql(
  entries: readonly TocEntry[],
  database: string,
  serverMajor: number,
  connectionLimit: number,
): string {
  const original = entries.find((entry) => entry.desc === 'DATABASE')?.definition ?? '';
  const written = DEFINITION.exec(original)?.[1] ?? '';
  const options = [...written.matchAll(new RegExp(OPTION, 'g'))]
    .filter(([, name = '']) => serverMajor >= (OPTIONS[name] ?? Infinity))
    // A provider that the server does not have yet leaves it to the server's own.
    .filter(([, name, value]) => !(name === 'LOCALE_PROVIDER' && value === 'builtin' && serverMajor < 17))
    .map(([text]) => text);
  const all = ['TEMPLATE = template0', ...options, `CONNECTION LIMIT = ${connectionLimit}`];
  return `CREATE DATABASE ${identifier(database)} WITH ${all.join(' ')};`;
}
