import type { Version } from './version.js';

/**
 * pg_restore knows `--no-table-access-method` from this version on. Older ones do well without it: the archives of their time
 * name no access method for a table that has the default one.
 */
const ACCESS_METHOD_SINCE_MAJOR = 15;

/** All arguments that a restore may give to pg_restore: what a journal names must be among them. */
export const RESTORE_ARGS = [
  '--no-owner',
  '--no-privileges',
  '--no-tablespaces',
  '--no-subscriptions',
  '--no-table-access-method',
] as const;
/** One of them. */
export type RestoreArg = (typeof RESTORE_ARGS)[number];

/** What of the source's own ways a restore keeps, and does not leave as the target has it. */
export interface KeepOptions {
  keepOwner: boolean;
  keepPrivileges: boolean;
  keepTablespaces: boolean;
  keepAccessMethods: boolean;
  keepSubscriptions: boolean;
}

/** pg_restore's arguments that say what is left as the target has it. */
export function restoreArgs(settings: KeepOptions, pgRestore: Version): RestoreArg[] {
  const args: RestoreArg[] = [];
  if (!settings.keepOwner) args.push('--no-owner');
  if (!settings.keepPrivileges) args.push('--no-privileges');
  if (!settings.keepTablespaces) args.push('--no-tablespaces');
  if (!settings.keepSubscriptions) args.push('--no-subscriptions');
  if (!settings.keepAccessMethods && pgRestore.major >= ACCESS_METHOD_SINCE_MAJOR)
    args.push('--no-table-access-method');
  return args;
}

/** Releases from which pg_restore fences its text off from psql's meta-commands (`\restrict`, CVE-2025-8714). */
const FENCED_SINCE: Readonly<Record<number, number>> = { 13: 22, 14: 19, 15: 14, 16: 10, 17: 6 };

export function writesFence(version: Version): boolean {
  if (version.major >= 18) return true;
  const minor = FENCED_SINCE[version.major];
  return minor !== undefined && version.minor >= minor;
}

/** The oldest pg_restore that reads an archive of this version (K_VERS_* in pg_backup_archiver.h). */
export function pgRestoreMajorFor(version: { major: number; minor: number }): number {
  if (version.minor >= 16) return 17;
  return version.minor >= 15 ? 16 : 12;
}
