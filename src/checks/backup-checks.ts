import type { CommandContext } from '../commands/context.js';
import { PhaseliftError } from '../errors.js';
import type { BackupSettings } from '../inputs/settings.js';
import type { Toolbox } from '../postgres/toolbox.js';
import type { Version } from '../postgres/version.js';
import { canReadZstd } from '../store/directory/data-file.js';
import type { BackupRef, DirectoryArchives, Store } from '../store/store.js';

/** The first pg_dump that takes `METHOD[:LEVEL]`. */
const METHODS_SINCE_MAJOR = 16;

/** What pg_dump would refuse, or what could not be read afterwards, said before it starts. */
export function checkDumpOptions(settings: BackupSettings, pgDump: Version): Promise<void> {
  if (settings.store.kind === 'directory' && settings.compress.startsWith('zstd') && !canReadZstd()) {
    return Promise.reject(
      new PhaseliftError('TOOLS', `Node ${process.versions.node} cannot read files that are compressed with zstd`, {
        object: 'dump-compress',
        hint: 'Use Node 22.15 or newer, or another `dump-compress`.',
      }),
    );
  }
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
 * What stands where the new backup goes: nothing, an archive of ours without a manifest (left by a kill, no backup), or
 * something that only `force` or somebody's word may replace: a backup, or an archive of unknown origin.
 */
export async function checkName(
  { store, consent }: Pick<CommandContext, 'store' | 'consent'>,
  ref: BackupRef,
  force: boolean,
): Promise<'nothing' | 'leftover' | 'backup'> {
  if ((await store.stat(ref.manifest)) !== null) {
    const question = `The backup ${ref.name} of ${ref.database} exists already. Overwrite it?`;
    if (force || (await consent.overwrite(question))) return 'backup';
    throw new PhaseliftError(
      'BACKUP_EXISTS',
      `the backup ${ref.name} of ${ref.database} exists already: ${ref.archive.uri}`,
      {
        object: ref.name,
        hint: 'Give another `backup-name`, or overwrite it with `force: true`.',
      },
    );
  }
  const there = await whatStands(store, ref);
  if (there === 'nothing' || there === 'leftover') return there;
  // Archives of other tools have no manifest: they may be all that somebody has.
  const question = `${ref.archive.uri} is there already, without a manifest. Overwrite it?`;
  if (force || (await consent.overwrite(question))) return 'leftover';
  throw new PhaseliftError(
    'BACKUP_EXISTS',
    `${ref.archive.uri} is there already, without a manifest: it is no complete backup, and may be something else`,
    { object: ref.name, hint: 'Give another `backup-name`, move it away, or overwrite it with `force: true`.' },
  );
}

/** Where there is no manifest: nothing, what a dead run of ours has left, or what somebody else may have stored. */
async function whatStands(store: Store, ref: BackupRef): Promise<'nothing' | 'leftover' | 'unknown'> {
  if (store.directories !== null) return (await store.directories.stands(ref)) ? 'unknown' : 'nothing';
  const archive = await store.stat(ref.archive);
  if (archive === null) return 'nothing';
  return archive.isOurs ? 'leftover' : 'unknown';
}

/** Whether pg_dump, wherever it runs, writes to the directory that the backup goes to. */
export async function checkToolsWrite(directories: DirectoryArchives, ref: BackupRef, toolbox: Toolbox): Promise<void> {
  const folder = await directories.makeFolder(ref.database);
  const why = await toolbox.checkWritesTo(folder);
  if (why === null) return;
  throw new PhaseliftError('TOOLS', `pg_dump cannot write to ${folder} (local-directory): ${why}`, {
    object: 'local-directory',
    hint: 'pg_dump writes the files of a directory itself, so it has to run where the directory is.',
  });
}
