import { PhaseliftError } from '../errors.js';
import type { DumpSettings } from '../inputs/settings.js';
import type { Version } from '../postgres/version.js';
import type { BackupRef, Store } from '../store/store.js';

/** The first pg_dump that takes `METHOD[:LEVEL]`. */
const METHODS_SINCE_MAJOR = 16;

/** What pg_dump would refuse, said before it starts. */
export function checkDumpOptions(settings: DumpSettings, pgDump: Version): Promise<void> {
  if (/^[a-z]/.test(settings.compress) && pgDump.major < METHODS_SINCE_MAJOR) {
    return Promise.reject(
      new PhaseliftError(
        'TOOLS',
        `pg_dump ${pgDump.text} does not know the compression \`${settings.compress}\`; methods came with ${METHODS_SINCE_MAJOR}`,
        {
          object: 'dump-compress',
          hint: 'Set `dump-compress` to a number from 0 to 9, or use newer tools (`pg-image`).',
        },
      ),
    );
  }
  return Promise.resolve();
}

/**
 * What stands where the new backup goes: nothing, an archive without a manifest (left by a kill, no backup), or a backup,
 * which only `force` may replace.
 */
export async function checkName(
  store: Store,
  ref: BackupRef,
  force: boolean,
): Promise<'nothing' | 'leftover' | 'backup'> {
  if ((await store.stat(ref.manifest)) !== null) {
    if (force) return 'backup';
    throw new PhaseliftError(
      'BACKUP_EXISTS',
      `the backup ${ref.name} of ${ref.database} exists already: ${ref.archive.uri}`,
      {
        object: ref.name,
        hint: 'Give another `backup-name`, or overwrite it with `force: true`.',
      },
    );
  }
  return (await store.stat(ref.archive)) === null ? 'nothing' : 'leftover';
}
