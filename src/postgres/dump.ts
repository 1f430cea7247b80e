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

/** What is written is brought to the disk by us, once it has been read. */
function directoryArgs({ dumpOptions }: DumpOptions, { directory, jobs }: Exclude<DumpPlace, 'stdout'>): string[] {
  const noSync = dumpOptions.includes(NO_SYNC) ? [] : [NO_SYNC];
  return ['--format=directory', `--jobs=${jobs}`, `--file=${directory}`, ...noSync];
}
