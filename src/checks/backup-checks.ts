import type { Consent } from '../foundation/consent.js';
import { PhaseliftError } from '../foundation/errors.js';
import { input, phrase } from '../foundation/text.js';
import type { BackupSettings } from '../inputs/settings.js';
import type { Toolbox } from '../postgres/toolbox.js';
import type { Version } from '../postgres/version.js';
import { canReadZstd } from '../store/directory/data-file.js';
import type { BackupRef, DirectoryArchives, Standing, Store } from '../store/store.js';

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
 * What stands where the new backup goes. An archive of ours without a manifest (left by a kill, no backup) may be replaced;
 * anything else, a backup or an archive of unknown origin, only by `force` or somebody's word.
 */
export async function checkName(
  { store, consent }: { store: Store; consent: Consent },
  ref: BackupRef,
  force: boolean,
): Promise<Standing> {
  const { isLeftover, ...standing } = await whatStands(store, ref);
  const { state } = standing;
  if (state === 'nothing' || isLeftover) return standing;
  // Archives of other tools have no manifest, or one that happens to be beside them: they may be all that somebody has.
  const isUnknown = state === 'no manifest' || state === 'manifest of another archive';
  const without = state === 'no manifest' ? 'without a manifest' : 'with the manifest of another archive';
  const question = isUnknown
    ? `${ref.archive.uri} is there already, ${without}. Overwrite it?`
    : `The backup ${ref.name} of ${ref.database} exists already. Overwrite it?`;
  if (force || (await consent.overwrite(question))) return standing;
  if (isUnknown) {
    throw new PhaseliftError(
      'BACKUP_EXISTS',
      `${ref.archive.uri} is there already, ${without}: it is no complete backup, and may be something else`,
      {
        object: ref.name,
        hint: phrase`Give another ${input('backup-name')}, move it away, or overwrite it with ${input('force', true)}.`,
      },
    );
  }
  throw new PhaseliftError(
    'BACKUP_EXISTS',
    `the backup ${ref.name} of ${ref.database} exists already: ${ref.archive.uri}`,
    {
      object: ref.name,
      hint: phrase`Give another ${input('backup-name')}, or overwrite it with ${input('force', true)}.`,
    },
  );
}

/** `isLeftover`: it is certain that a dead run of ours has left it, and that it is no backup. */
async function whatStands(store: Store, ref: BackupRef): Promise<Standing & { isLeftover: boolean }> {
  if (store.uploads !== null) {
    const { state, archive } = await store.uploads.inspect(ref);
    const isBare = state === 'no manifest' || state === 'manifest of another archive';
    return { state, archive, isLeftover: isBare && archive?.isOurs === true };
  }
  const there = (state: Standing['state']) => ({ state, archive: null, isLeftover: false });
  if ((await store.stat(ref.manifest)) !== null) return there('complete');
  return there((await store.directories?.stands(ref)) === true ? 'no manifest' : 'nothing');
}

/** Whether pg_dump, wherever it runs, writes to the directory that the backup goes to. */
export async function checkToolsWrite(directories: DirectoryArchives, ref: BackupRef, toolbox: Toolbox): Promise<void> {
  const folder = await directories.makeFolder(ref.database);
  const why = await toolbox.checkWritesTo(folder);
  if (why === null) return;
  throw new PhaseliftError('TOOLS', phrase`pg_dump cannot write to ${folder} (local-directory): ${why}`, {
    object: 'local-directory',
    hint: 'pg_dump writes the files of a directory itself, so it has to run where the directory is.',
  });
}
