import type { TocEntry } from '../archive/types.js';
import { identifier } from './sql.js';

/**
 * CREATE DATABASE for the target, with the encoding and locale of the source: the DATABASE entry's own statement under
 * another name. Locale providers came with PostgreSQL 15; older servers know only libc's.
 */
export function createDatabaseSql(entries: readonly TocEntry[], database: string, serverMajor: number): string {
  const original = entries.find((entry) => entry.desc === 'DATABASE')?.definition ?? '';
  const options = / WITH (TEMPLATE = template0[^;]*);/.exec(original)?.[1] ?? 'TEMPLATE = template0';
  const known = options
    .replace(/ TABLESPACE = (?:"(?:[^"]|"")+"|\S+)/, '')
    .replace(serverMajor < 15 ? / LOCALE_PROVIDER = \w+/ : /(?!)/, '');
  return `CREATE DATABASE ${identifier(database)} WITH ${known};`;
}
