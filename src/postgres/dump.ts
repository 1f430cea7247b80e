import { JOURNAL_SCHEMA } from '../engine/journal.js';
import type { DumpSettings } from '../inputs/settings.js';
import { KEEPALIVE_CONNINFO } from './connection.js';

/**
 * pg_dump's arguments. The database's name is not among them (PGDATABASE has it): as an argument, a name that looks like
 * a connection string would be expanded.
 */
export function dumpArgs(settings: DumpSettings): string[] {
  return [
    '--format=custom',
    `--compress=${settings.compress}`,
    '--no-password',
    `--exclude-schema=${JOURNAL_SCHEMA}`,
    ...settings.dumpOptions,
    `--dbname=${KEEPALIVE_CONNINFO}`,
  ];
}
