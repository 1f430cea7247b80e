import { JOURNAL_SCHEMA } from '../engine/journal.js';
import type { DumpSettings } from '../inputs/settings.js';
import { conninfo } from './connection.js';

/** Leaves it to the system when files get to the disk. */
export const NO_SYNC = '--no-sync';

/** Where pg_dump writes to: its stdout (custom format), or a directory that is empty. */
export type DumpPlace = 'stdout' | { directory: string };

/**
 * pg_dump's arguments. The database's name is not among them (PGDATABASE has it): as an argument, a name that looks like
 * a connection string would be expanded.
 */
export function dumpArgs(settings: DumpSettings, place: DumpPlace): string[] {
  return [
    ...(place === 'stdout' ? ['--format=custom'] : directoryArgs(settings, place.directory)),
    `--compress=${settings.compress}`,
    '--no-password',
    `--exclude-schema=${JOURNAL_SCHEMA}`,
    ...settings.dumpOptions,
    `--dbname=${conninfo(settings.source)}`,
  ];
}

/** What is written is brought to the disk by us, once it has been read. */
function directoryArgs({ dumpJobs, dumpOptions }: DumpSettings, directory: string): string[] {
  const noSync = dumpOptions.includes(NO_SYNC) ? [] : [NO_SYNC];
  return ['--format=directory', `--jobs=${dumpJobs}`, `--file=${directory}`, ...noSync];
}
