import { conninfo, type Connection } from './connection.js';
import { JOURNAL_SCHEMA } from './contents.js';

/** What a dump is made of, and how. */
export interface DumpOptions {
  source: Connection;
  /** As pg_dump's -Z takes it: `0`, `gzip:6`, `zstd`. */
  compress: string;
  /** Safe pg_dump arguments, checked against the list. */
  dumpOptions: readonly string[];
  /** How many read at a time; `auto`: as many as cores and connections allow. */
  dumpJobs: number | 'auto';
}

/** Leaves it to the system when files get to the disk. */
export const NO_SYNC = '--no-sync';

/** Where pg_dump writes to: its stdout (custom format), or a directory that is empty. */
export type DumpPlace = 'stdout' | { directory: string; /** pg_dump's own workers. */ jobs: number };

/**
 * pg_dump's arguments. The database's name is not among them (PGDATABASE has it): as an argument, a name that looks like
 * a connection string would be expanded.
 */
export function dumpArgs(settings: DumpOptions, place: DumpPlace): string[] {
  return [
    ...(place === 'stdout' ? ['--format=custom'] : directoryArgs(settings, place)),
    `--compress=${settings.compress}`,
    '--no-password',
    `--exclude-schema=${JOURNAL_SCHEMA}`,
    ...settings.dumpOptions,
    `--dbname=${conninfo(settings.source)}`,
  ];
}

/** Options of a backup that change how definitions are written. */
const SPELLING: ReadonlySet<string> = new Set(['--quote-all-identifiers', '--disable-dollar-quoting']);

/** What a database is to be looked at for the definitions of its objects. */
export interface DefinitionOptions {
  database: Connection;
  /** Those of the backup that it is compared with. */
  dumpOptions: readonly string[];
  /** As PostgreSQL calls it. */
  encoding: string;
  /** Names of schemas that are not looked at. */
  excludedSchemas: readonly string[];
}

/** Arguments with which pg_dump writes the definitions of all objects, and no rows, in custom format. */
export function definitionArgs({ database, dumpOptions, encoding, excludedSchemas }: DefinitionOptions): string[] {
  return [
    '--format=custom',
    '--compress=0',
    '--schema-only',
    '--no-password',
    `--encoding=${encoding}`,
    // In quotes a pattern is a name.
    ...excludedSchemas.map((name) => `--exclude-schema="${name.replaceAll('"', '""')}"`),
    ...dumpOptions.filter((option) => SPELLING.has(option)),
    `--dbname=${conninfo(database)}`,
  ];
}

/** What is written is brought to the disk by us, once it has been read. */
function directoryArgs({ dumpOptions }: DumpOptions, { directory, jobs }: Exclude<DumpPlace, 'stdout'>): string[] {
  const noSync = dumpOptions.includes(NO_SYNC) ? [] : [NO_SYNC];
  return ['--format=directory', `--jobs=${jobs}`, `--file=${directory}`, ...noSync];
}
